// The same Merkle tree (merkle-tree.ts), for rows that come one after the other: only one node a level is held.
// Hashes are hex texts here, which Node makes in half the time of buffers.
import { hash } from 'node:crypto'

export type MerkleStream = {
  /** Takes a row's hash, in hex. */
  add(rowHash: string): void
  /** The root of what was added, in hex, and an empty tree again; null when nothing was added. */
  end(): string | null
}

export function createMerkleStream(): MerkleStream {
  const leaf = Buffer.alloc(33, 0)
  const node = Buffer.alloc(65, 1)
  let waiting: (string | undefined)[] = []

  function join(left: string, right: string): string {
    node.write(left, 1, 'hex')
    node.write(right, 33, 'hex')
    return hash('sha256', node)
  }

  return {
    add(rowHash) {
      leaf.write(rowHash, 1, 'hex')
      let carried = hash('sha256', leaf)
      let level = 0
      for (let left = waiting[0]; left !== undefined; left = waiting[++level]) {
        carried = join(left, carried)
        waiting[level] = undefined
      }
      waiting[level] = carried
    },
    end() {
      let root: string | null = null
      for (const left of waiting) {
        if (left !== undefined) root = root === null ? left : join(left, root)
      }
      waiting = []
      return root
    },
  }
}
