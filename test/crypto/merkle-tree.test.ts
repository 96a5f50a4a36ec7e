// Merkle trees: the published vectors, and that a path proves its leaf, at its place, in its tree, and nothing else.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inclusionPath, leafHash, merkleRoot, verifyInclusion } from '../../src/crypto/merkle-tree.ts'

const hashes = (count: number) => Array.from({ length: count }, (_, i) => createHash('sha256').update(`${i}`).digest())

/** The definition of RFC 6962 section 2.1, word by word. */
function byDefinition(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  const [left, right] = [byDefinition(leaves.slice(0, split)), byDefinition(leaves.slice(split))]
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest()
}

test('the root is that of the published vectors of certificate transparency', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const leaves = inputs.map(hex => leafHash(Buffer.from(hex, 'hex')))
  const roots = [1, 2, 3, 5, 8].map(size => merkleRoot(leaves.slice(0, size)).toString('hex'))
  expect(roots).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

test('the root is the one of the definition, whatever the size', () => {
  for (let size = 1; size <= 70; size++) {
    const leaves = hashes(size)
    expect(merkleRoot(leaves).equals(byDefinition(leaves)), `${size} leaves`).toBe(true)
  }
})

const trees = fc
  .integer({ min: 1, max: 300 })
  .chain(size => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }))

test('the path of every leaf leads to the root', () => {
  fc.assert(
    fc.property(trees, ({ size, index }) => {
      const leaves = hashes(size)
      const proof = { leafHash: leaves[index] as Buffer, index, treeSize: size, path: inclusionPath(leaves, index) }
      return verifyInclusion({ ...proof, root: merkleRoot(leaves) })
    }),
  )
})

test('nothing else than the leaf at its place has a proof: not another leaf, place, size, root, or a changed path', () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.integer({ min: 0, max: 255 }), ({ size, index }, pick, bit) => {
      const leaves = hashes(size)
      const path = inclusionPath(leaves, index)
      const proof = { leafHash: leaves[index] as Buffer, index, treeSize: size, path, root: merkleRoot(leaves) }
      const flipped = (hash: Buffer) => {
        const copy = Buffer.from(hash)
        copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
        return copy
      }
      expect(verifyInclusion({ ...proof, leafHash: flipped(proof.leafHash) })).toBe(false)
      expect(verifyInclusion({ ...proof, root: flipped(proof.root) })).toBe(false)
      const other = pick % size
      if (other !== index) expect(verifyInclusion({ ...proof, index: other })).toBe(false)
      expect(verifyInclusion({ ...proof, path: [...path, proof.root] })).toBe(false)
      expect(verifyInclusion({ ...proof, path: [...path, Buffer.alloc(31)] })).toBe(false)
      if (path.length === 0) return
      const at = pick % path.length
      expect(verifyInclusion({ ...proof, path: path.with(at, flipped(path[at] as Buffer)) })).toBe(false)
      expect(verifyInclusion({ ...proof, path: path.slice(1) })).toBe(false)
      expect(verifyInclusion({ ...proof, path: path.slice(0, -1) })).toBe(false)
    }),
  )
})

test('a place that is none is refused, and nothing throws', () => {
  const [leaf] = hashes(1) as [Buffer]
  for (const [index, treeSize] of [
    [-1, 1],
    [1, 1],
    [0.5, 1],
    [Number.NaN, 1],
    [0, 0],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    expect(verifyInclusion({ leafHash: leaf, index, treeSize, path: [], root: leaf })).toBe(false)
  }
  expect(verifyInclusion({ leafHash: leaf, index: 0, treeSize: 1, path: [], root: leaf })).toBe(true)
})
