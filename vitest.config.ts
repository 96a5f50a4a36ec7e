import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'architecture', include: ['test/architecture.test.ts', 'test/documents.test.ts'] } },
      {
        test: {
          name: 'panless',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture.test.ts', 'test/documents.test.ts', 'test/bench/**'],
          globalSetup: ['test/support/global-setup.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
