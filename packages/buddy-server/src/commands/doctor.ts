import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { table } from '../doctor/report.ts'
import { printable } from '../operations/log/printable.ts'
import { version } from '../version.ts'
import { CommandError } from './command-error.ts'
import { orExplain } from './or-explain.ts'

interface DoctorFlags {
  readonly json?: true
  readonly timeFrom?: string
  readonly timeout: string
}

/** Adds the sub-command `doctor`, which checks a whole installation as its operator. */
export function addDoctor(program: Command, input: () => ConfigInput): void {
  program
    .command('doctor')
    .description(
      'check the configuration, this machine, the running server, its public URL and its TURN servers. Exits with 1 if there is a problem.',
    )
    .option('--json', 'print the findings as JSON')
    .option('--time-from <url>', 'web server to compare the clock with (default: the first origin)')
    .option('--timeout <seconds>', 'how long to wait for each answer', '5')
    .action((flags: DoctorFlags) => orExplain(() => doctor(input(), flags)))
}

async function doctor(input: ConfigInput, { json, timeFrom, timeout }: DoctorFlags): Promise<void> {
  const seconds = Number(timeout)
  if (!(seconds >= 0.1 && seconds <= 60)) {
    throw new CommandError(
      `--timeout=${timeout} is not allowed: it must be seconds, from 0.1 to 60`,
    )
  }
  if (timeFrom !== undefined && !(/^https?:\/\//.test(timeFrom) && URL.canParse(timeFrom))) {
    throw new CommandError(
      `--time-from=${timeFrom} is not allowed: it must be an http or https URL`,
    )
  }
  // Loaded only here, because the checks need a WebSocket client that the server does not need.
  const { examine } = await import('../doctor/examine.ts')
  const findings = (
    await examine(input, { version, now: () => Date.now(), timeLimitMs: seconds * 1000, timeFrom })
  ).map((finding) => ({ ...finding, message: printable(finding.message) }))
  const hasProblem = findings.some(({ verdict }) => verdict === 'problem')
  console.log(
    json
      ? JSON.stringify({ version, ok: !hasProblem, findings }, undefined, 2)
      : table(findings, process.stdout.columns ?? 100),
  )
  if (hasProblem) process.exitCode = 1
}
