// The order in which vitest starts test files.
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Files that take long although they are short, the longest first. */
const longFiles = [
  'tests/network/trouble.test.ts',
  'tests/network/quality.test.ts',
  'tests/e2e/dashboard.test.ts',
  'tests/e2e/fifty-nexts.test.ts',
  'tests/e2e/frozen-page-and-offline.test.ts',
  'tests/e2e/hostile-partner.test.ts',
  'tests/e2e/ice-urls.test.ts',
  'tests/e2e/embedding.test.ts',
  'tests/e2e/devices.test.ts',
  'tests/e2e/rolling-restart.test.ts',
  'tests/e2e/unsolicited-media.test.ts',
  'tests/e2e/guard-soak.test.ts',
  'tests/lint/import-directions.test.ts',
  'packages/buddy-server/src/core/kept-counts.test.ts',
  'tests/integration/bench.test.ts',
  'tests/integration/development.test.ts',
  'tests/integration/attacks.test.ts',
  'tests/integration/rolling-restart.test.ts',
  'tests/integration/chaos.test.ts',
  'tests/integration/load-commands.test.ts',
  'tests/integration/conformance.test.ts',
  'tests/integration/moderation.test.ts',
  'tests/integration/attacker.test.ts',
  'tests/install/new-user.test.ts',
  'tests/install/binary.test.ts',
]

/**
 * Starts the files of {@link longFiles} first, so that no worker runs a long file while the others have nothing left
 * to do. On a clean checkout, vitest knows no durations, and would start files by their size.
 */
export class LongestFirst extends BaseSequencer {
  /** Sorts the files of a run. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longFiles.findIndex((path) => moduleId.endsWith(path))
      return index === -1 ? longFiles.length : index
    }
    return sorted.sort((one, other) => rank(one) - rank(other))
  }
}
