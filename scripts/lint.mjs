// Static checks: import directions and common mistakes (oxlint), format (prettier), dead code (knip).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const checks = [
  ['lint', 'oxlint', ['--deny-warnings', '--report-unused-disable-directives']],
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['dead code', 'knip', ['--no-progress']],
]

/** Runs a check, and shows its output. Returns its name, whether it passed, and its output. */
export function runCheck(name, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
    maxBuffer: Infinity,
  })
  process.stdout.write(stdout ?? '')
  process.stderr.write(stderr ?? '')
  return { name, hasPassed: status === 0, output: error ? error.message : stdout + stderr }
}

/** Runs every check. */
export function lint() {
  return checks.map((check) => runCheck(...check))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const failed = lint().filter(({ hasPassed }) => !hasPassed)
  if (failed.length > 0) console.error(`Failed: ${failed.map(({ name }) => name).join(', ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
