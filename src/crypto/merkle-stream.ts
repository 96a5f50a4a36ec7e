// The same Merkle tree (merkle-tree.ts), for rows that come one after the other: only one node a level is held.
// Hashes are texts here, which Node makes in half the time of buffers: hex outside, a character for each byte within.
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
    node.write(left, 1, 'binary')
    node.write(right, 33, 'binary')
    return hash('sha256', node, 'binary')
  }

  return {
    add(rowHash) {
      leaf.write(rowHash, 1, 'hex')
      let carried = hash('sha256', leaf, 'binary')
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
      return root === null ? null : Buffer.from(root, 'binary').toString('hex')
    },
  }
}
