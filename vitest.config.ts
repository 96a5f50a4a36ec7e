import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests with processes and browsers of their own take longest: begun first, none of them goes on alone at the end. */
const LONG = /\/test\/(browser|crash|production|cli)\/|\/test\/dev\/start/

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => Number(LONG.test(b.moduleId)) - Number(LONG.test(a.moduleId)))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'architecture', include: ['test/architecture.test.ts', 'test/documents.test.ts'] } },
      {
        test: {
          name: 'panless',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture.test.ts', 'test/documents.test.ts', 'test/bench/**'],
          globalSetup: ['test/support/global-setup.ts'],
          pool: 'forks',
          // A worker reads the sources once for all of its files, which takes longer than most files do.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
