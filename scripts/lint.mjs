// Static checks: import directions and common mistakes (oxlint), format (prettier), dead code (knip).
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const checks = [
  ['lint', 'oxlint', ['--deny-warnings', '--report-unused-disable-directives']],
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['dead code', 'knip', ['--no-progress']],
]

/** Runs a check, and shows its output when it ends. Resolves with its name, whether it passed, and its output. */
export async function runCheck(name, command, args) {
  const child = spawn(command, args, {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => {
    child.once('error', ({ message }) => resolve([message]))
    child.once('close', (code) => resolve([undefined, code]))
  })
  const [stdout, stderr, [failure, code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ])
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  return { name, hasPassed: code === 0, output: failure ?? stdout + stderr }
}

/** Runs every check, all at the same time, because the longest one uses one core. */
export function lint() {
  return Promise.all(checks.map((check) => runCheck(...check)))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const failed = (await lint()).filter(({ hasPassed }) => !hasPassed)
  if (failed.length > 0) console.error(`Failed: ${failed.map(({ name }) => name).join(', ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}
