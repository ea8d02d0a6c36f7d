// Static checks: import directions and common mistakes (oxlint), format (prettier), dead code (knip).
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'

const checks = [
  ['lint', 'oxlint', ['--deny-warnings', '--report-unused-disable-directives']],
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['dead code', 'knip', ['--no-progress']],
]

/** Runs every check. Returns the name of each, and whether it passed. */
export function lint() {
  return checks.map(([name, command, args]) => {
    const { status } = spawnSync(command, args, { stdio: 'inherit' })
    return { name, hasPassed: status === 0 }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const failed = lint().filter(({ hasPassed }) => !hasPassed)
  if (failed.length > 0) console.error(`Failed: ${failed.map(({ name }) => name).join(', ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
