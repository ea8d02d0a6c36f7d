#!/usr/bin/env node
// The command `buddy-conformance`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { allCases } from './cases/all-cases.ts'
import { Connection } from './connection.ts'
import { features, type Case, type Feature } from './case.ts'
import { report, reportNames, summarize, type ReportName } from './report.ts'
import { runCases } from './run.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

interface Flags {
  readonly profile: readonly Feature[]
  readonly only: readonly string[]
  readonly skip: readonly string[]
  readonly origin?: string
  readonly refusedOrigin?: string
  readonly site: string
  readonly token?: string
  readonly tokens?: readonly string[]
  readonly restart?: string
  readonly timeout: number
  readonly concurrency: number
  readonly report: ReportName
  readonly list?: true
}

const featureNames = Object.keys(features) as Feature[]

function toProfile(text: string): readonly Feature[] {
  if (text === 'full') return featureNames
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !(name in features))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`"${unknown}" is not one of full, ${featureNames.join(', ')}`)
  }
  return ['core', ...(names as Feature[])]
}

function toTokens(path: string): readonly string[] {
  try {
    const tokens = readFileSync(path, 'utf8')
      .split(/\s+/)
      .filter((token) => token !== '')
    if (tokens.length > 0) return tokens
  } catch {
    throw new InvalidArgumentError('It cannot be read.')
  }
  throw new InvalidArgumentError('It contains no token.')
}

function toNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('not a whole number')
  return value
}

const toList = (text: string): readonly string[] => text.split(',').map((part) => part.trim())

/** Returns the address of the WebSocket. An http address becomes one of ws, and `/ws` is added to an origin. */
function toUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text.replace(/^http/, 'ws')) : undefined
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw new InvalidArgumentError('not a ws, wss, http or https address')
  }
  if (!url.pathname.endsWith('/ws')) url.pathname = `${url.pathname.replace(/\/$/, '')}/ws`
  return url.href
}

/** Returns a function that runs a shell command and resolves when it has succeeded. */
function shell(command: string): () => Promise<void> {
  return async () => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`"${command}" failed with ${code}`)
  }
}

const program = new Command('buddy-conformance')
  .description(
    'Checks a running Buddy server against the rules of its protocol (docs/protocol.md). Exits with 0 if no case has failed, with 1 if one has, and with 2 if it cannot begin.',
  )
  .version(version)
  .argument('<url>', 'address of the server, such as ws://localhost:3000/ws', toUrl)
  .addOption(
    new Option(
      '--profile <features>',
      'features that the server claims: full, or some of the names',
    )
      .argParser(toProfile)
      .default(featureNames, 'full'),
  )
  .option('--only <parts>', 'run only cases whose id contains one of these parts', toList, [])
  .option('--skip <parts>', 'do not run cases whose id contains one of these parts', toList, [])
  .option('--origin <origin>', 'send this Origin')
  .option('--refused-origin <origin>', 'an Origin that the server must refuse')
  .option('--site <key>', 'key of the site', '')
  .option('--token <jwt>', 'a valid token of the site')
  .option('--tokens <file>', 'a file with such tokens of different users, one a line', toTokens)
  .option(
    '--restart <command>',
    'shell command that restarts the server and waits until it listens',
  )
  .option('--timeout <ms>', 'time limit of each wait', toNumber, 5000)
  .option('--concurrency <count>', 'cases at once', toNumber, 8)
  .addOption(
    new Option('--report <name>', 'form of the report').choices(reportNames).default('pretty'),
  )
  .option('--list', 'print the cases with the sentences that they check, and run none')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()

const flags = program.opts<Flags>()
const hasPart = ({ id }: Case, parts: readonly string[]): boolean =>
  parts.some((part) => id.includes(part))
const cases = allCases.filter(
  (one) => (flags.only.length === 0 || hasPart(one, flags.only)) && !hasPart(one, flags.skip),
)
if (cases.length === 0) program.error('no case is left to run', { exitCode: 2 })

if (flags.list) {
  for (const { id, feature, rule } of cases) console.log(`${id} (${feature})\n  ${rule}`)
} else await main()

/** Ends the process if no WebSocket can be opened at all. */
async function checkReachable(url: string, origin?: string, timeoutMs?: number): Promise<void> {
  try {
    const given = { origin: origin ?? null }
    const connection = await Connection.open(url, 'the first connection', timeoutMs ?? 5000, given)
    connection.socket.terminate()
  } catch (error) {
    program.error(`${url}: ${(error as Error).message}`, { exitCode: 2 })
  }
}

async function main(): Promise<void> {
  const startedAtMs = performance.now()
  const { origin, refusedOrigin, site, token, tokens, restart, timeout, concurrency, profile } =
    flags
  const url = program.processedArgs[0] as string
  await checkReachable(url, origin, timeout)
  const isTerminal = process.stderr.isTTY && flags.report === 'pretty'
  let done = 0
  const results = await runCases({
    target: {
      url,
      origin,
      refusedOrigin,
      site,
      token: token ?? tokens?.[0],
      tokens,
      timeoutMs: timeout,
      restart: restart === undefined ? undefined : shell(restart),
    },
    cases,
    profile: new Set(profile),
    concurrency,
    onResult: () => {
      if (isTerminal) process.stderr.write(`\r${++done} of ${cases.length} `)
    },
  })
  if (isTerminal) process.stderr.write('\r\u001b[K')
  process.stdout.write(report(flags.report, results, Math.round(performance.now() - startedAtMs)))
  process.exitCode = summarize(results).failed > 0 ? 1 : 0
}
