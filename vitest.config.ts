import { defineConfig } from 'vitest/config';

/** Two projects, so that unit tests run without waiting for a database server. */
export default defineConfig({
  test: {
    reporters: ['default', 'json'],
    outputFile: { json: 'test-report.json' },
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'database',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          // Processes, not threads: tests start and kill servers and commands, and change PATH.
          pool: 'forks',
          // More than cores: most of these tests wait for quotas, locks and servers.
          maxWorkers: 4,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
