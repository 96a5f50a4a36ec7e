// The Merkle tree of RFC 6962 section 2.1 over hashes: roots, the path of one leaf, and whether a path leads to a root.
import { createHash } from 'node:crypto'

const LEAF = Buffer.from([0])
const NODE = Buffer.from([1])

/** The hash that stands for a row in the tree. */
export const leafHash = (rowHash: Buffer): Buffer => sha256(LEAF, rowHash)

const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(NODE, left, right)

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The root of a tree over leaf hashes, at least one. A node without a partner moves up as it is. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = leaves
  while (level.length > 1) level = above(level)
  return level[0] as Buffer
}

const above = (level: readonly Buffer[]): Buffer[] =>
  Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
    const left = level[2 * i] as Buffer
    const right = level[2 * i + 1]
    return right === undefined ? left : nodeHash(left, right)
  })

/** The nodes that, with the leaf at `index`, give the root; from the leaf's neighbour up. */
export function inclusionPath(leaves: readonly Buffer[], index: number): Buffer[] {
  const path: Buffer[] = []
  let level = leaves
  for (let at = index; level.length > 1; at >>= 1, level = above(level)) {
    const partner = level[at ^ 1]
    if (partner !== undefined) path.push(partner)
  }
  return path
}

export type Inclusion = { leafHash: Buffer; index: number; treeSize: number; path: readonly Buffer[]; root: Buffer }

/** Whether the leaf stands at that place of the tree with that root (RFC 9162 section 2.1.3.2). Pure; never throws. */
export function verifyInclusion({ leafHash, index, treeSize, path, root }: Inclusion): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(treeSize) || index < 0 || index >= treeSize) return false
  let hash = leafHash
  let at = index
  let last = treeSize - 1
  for (const partner of path) {
    if (last === 0 || partner.length !== 32) return false
    if (at % 2 === 0 && at !== last) {
      hash = nodeHash(hash, partner)
    } else {
      hash = nodeHash(partner, hash)
      // Levels where this node had no partner, and moved up as it was.
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = Math.floor(last / 2)
      }
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && hash.equals(root)
}
