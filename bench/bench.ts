// npm run bench: measures the cost of Buddy side by side with bare relays and, with --against, another
// checkout of Buddy. Exits with 1 if a server ends, loses frames or refuses a user.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { FlagError, listFlag, numberFlag, runCommand } from '../tests/load/flags.ts'
import type { Wire } from './crowd.ts'
import { benchMatcher } from '../tests/load/matcher-bench.ts'
import { BenchError, MeasuredProcess } from './measured-process.ts'
import type { Figures, Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'

/** A server to measure. */
interface Contender {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** The checkout whose protocol package the simulated users use. */
  readonly checkout: string
  readonly isBare: boolean
}

const here = join(import.meta.dirname, '..')

function readOptions() {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      users: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      waiting: { type: 'string' },
      interests: { type: 'string' },
      against: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const optional = (name: 'users' | 'seconds', max: number): number | undefined =>
    values[name] === undefined
      ? undefined
      : numberFlag(name, values[name], { fallback: 0, min: name === 'users' ? 2 : 1, max })
  const users = optional('users', 20_000)
  if (users !== undefined && users % 2 !== 0) {
    throw new FlagError(
      `--users is "${users}": it must be even, because users are matched in pairs.`,
    )
  }
  const against = values.against === undefined ? undefined : resolve(values.against)
  if (against !== undefined && !existsSync(join(against, 'packages/buddy-server/dist/index.js'))) {
    throw new FlagError(
      `--against is "${values.against}": there is no built checkout at this path.`,
    )
  }
  return {
    names: listFlag('scenario', values.scenario, [...Object.keys(scenarios), 'matcher']),
    users,
    seconds: optional('seconds', 3600),
    waiting:
      values.waiting === undefined
        ? 1_000_000
        : numberFlag('waiting', values.waiting, { fallback: 0, min: 1000, max: 2_000_000 }),
    interests: numberFlag('interests', values.interests, { fallback: 10, min: 0, max: 10 }),
    rounds: numberFlag('rounds', values.rounds, { fallback: 3, min: 1, max: 100 }),
    against,
    profileDir: values.profile && resolve(values.profile),
  }
}

function contenders(against: string | undefined): readonly Contender[] {
  const buddy = (name: string, checkout: string): Contender => ({
    name,
    file: 'buddy.ts',
    args: [checkout],
    checkout,
    isBare: false,
  })
  const bare = (name: string): Contender => ({
    name,
    file: `${name}.ts`,
    args: [],
    checkout: here,
    isBare: true,
  })
  return [
    buddy('buddy', here),
    ...(against === undefined ? [] : [buddy('against', against)]),
    bare('bare-uws'),
    bare('bare-ws'),
  ]
}

/** Returns the median of each figure, followed by its minimum and maximum if there is more than one round. */
function summarize(rounds: readonly Figures[]): Record<string, string> {
  const show = (value: number): string => value.toFixed(Math.abs(value) < 100 ? 2 : 0)
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(
    names.map((name) => {
      const sorted = rounds.map((figures) => figures[name] ?? NaN).sort((one, two) => one - two)
      const median = show(sorted[Math.floor((sorted.length - 1) / 2)]!)
      if (sorted.length === 1) return [name, median]
      return [name, `${median} (${show(sorted[0]!)}–${show(sorted.at(-1)!)})`]
    }),
  )
}

/** Returns a function that divides the figures of a round by those of the same round of another server. */
function quotientsOf(others: readonly Figures[]): (figures: Figures, round: number) => Figures {
  return (figures, round) =>
    Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [
        name,
        value / (others[round]?.[name] ?? NaN),
      ]),
    )
}

async function main(): Promise<boolean> {
  const { names, rounds, against, waiting, interests, profileDir, ...size } = readOptions()
  for (const name of names) {
    if (name === 'matcher') {
      const fewer = [1000, 10_000, 100_000]
      benchMatcher({ ...size, waiting: [...fewer.filter((count) => count < waiting), waiting] })
      continue
    }
    const scenario: Scenario = scenarios[name as keyof typeof scenarios]
    const { users = scenario.users, seconds = scenario.seconds } = size
    const participants = contenders(against).filter(
      ({ isBare }) => scenario.isForBareRelays || !isBare,
    )
    const results = new Map<string, Figures[]>(participants.map(({ name: server }) => [server, []]))
    // Measure the servers in turns, so that other load on the machine affects all of them. The order
    // alternates between rounds.
    for (let round = 0; round < rounds; round++) {
      for (const contender of round % 2 === 0 ? participants : participants.toReversed()) {
        const path = join(contender.checkout, 'packages/buddy-protocol/dist/index.js')
        const wire = (await import(pathToFileURL(path).href)) as Wire
        const args = [...contender.args, JSON.stringify(scenario.options ?? {})]
        const server = await MeasuredProcess.start(contender.name, contender.file, args, profileDir)
        // The bare relays know no interests: they match users who send the same ticket.
        const maxInterests = contender.isBare ? 0 : interests
        try {
          const run = { server, wire, users, seconds, maxInterests }
          results.get(contender.name)!.push(await scenario.run(run))
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause)
          throw new BenchError(`${name} with ${contender.name} failed: ${reason}`, { cause })
        } finally {
          await server.stop()
        }
      }
    }
    console.log(`\n${name}: ${scenario.what}; ${users} users, ${seconds} s, median of ${rounds}`)
    const { buddy = [], against: others } = Object.fromEntries(results)
    const ratios = others && { 'buddy ÷ against': summarize(buddy.map(quotientsOf(others))) }
    console.table({
      ...Object.fromEntries([...results].map(([server, figures]) => [server, summarize(figures)])),
      ...ratios,
    })
  }
  return true
}

await runCommand(main)
process.exit()
