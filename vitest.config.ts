import { defineConfig } from 'vitest/config'

/** What happens on screens and networks takes its time on a busy machine. */
const patient = { poll: { timeout: 20_000 } }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tests/{lint,docs}/*.test.ts'],
          // Properties try thousands of cases, which takes a busy machine its time.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          // Processes start slowly on a busy machine; what is waited for in vain says so earlier.
          testTimeout: 20_000,
          // Most of the time is spent waiting for timeouts of a server: twice the cores take half as long.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'network',
          include: ['tests/network/**/*.test.ts'],
          expect: patient,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Mostly waiting: for browsers to doubt a path, and for outages to end.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          expect: patient,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file drives several browsers: two files at once starve a small machine.
          fileParallelism: false,
        },
      },
    ],
  },
})
