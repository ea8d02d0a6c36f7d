import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { isFullRun } from './tests/install/full-run.ts'
import { LongestFirst } from './tests/longest-first.ts'

/** Browsers and networks can be slow on a busy machine. */
const slowExpect = { poll: { timeout: 20_000 } }

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          // A new process for each of the many small files would take longer than their tests.
          isolate: false,
          include: [
            'packages/*/src/**/*.test.ts',
            'tests/{lint,docs,release,deploy,simulate,attacker,chaos}/*.test.ts',
          ],
          // Property tests run thousands of cases, which can take long on a busy machine.
          testTimeout: 20_000,
          // Some hooks start several Redis servers.
          hookTimeout: 30_000,
          // The default is one less than the number of cores, so a machine with two cores would use one of them.
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,compatibility}/**/*.test.ts'],
          // Processes start slowly on a busy machine. Waits inside the tests have shorter timeouts of their own.
          testTimeout: 20_000,
          // Most of the time is spent waiting for timeouts of servers, so more workers than cores are faster.
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: 'install',
          include: ['tests/install/**/*.test.ts'],
          // Those of full/ take minutes. They run by npm run test:install.
          exclude: isFullRun ? [] : ['tests/install/full/**'],
          globalSetup: ['tests/install/pack-packages.ts'],
          expect: slowExpect,
          // Tests install packages from a registry, and start browsers.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Files mostly wait for installations, and build a binary with one core.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'examples',
          include: ['tests/examples/**/*.test.ts'],
          // The type checks of some frameworks take long.
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'network',
          include: ['tests/network/**/*.test.ts'],
          expect: slowExpect,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // These tests mostly wait: for browsers to detect a broken path, and for outages to end.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          expect: slowExpect,
          // Waits inside the tests have shorter timeouts of their own.
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Each file uses several browsers, which mostly wait. More files at once would overload a small machine.
          maxWorkers: 2,
          // The files that a worker runs share its browsers: see tests/e2e/browser-pool.ts.
          isolate: false,
        },
      },
    ],
  },
})
