// npm run bench: measures the cost of Buddy side by side with bare relays and, with --against, another
// checkout of Buddy. Exits with 1 if a server ends, loses frames or refuses a user.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { BuddyServerOptions } from '@buddy-chat/server'
import { FlagError, listFlag, numberFlag, runCommand } from '../tests/load/flags.ts'
import type { Wire } from './crowd.ts'
import { benchMatcher } from '../tests/load/matcher-bench.ts'
import { benchRedisMatcher } from '../tests/load/redis-matcher-bench.ts'
import { BenchError, MeasuredProcess } from './measured-process.ts'
import type { MeasuredServer } from './node-group.ts'
import { NodeGroup } from './node-group.ts'
import type { Figures, Scenario } from './scenarios.ts'
import { scenarios } from './scenarios.ts'
import { benchUsers } from './users.ts'

/** A server to measure. */
interface Contender {
  readonly name: string
  /** The checkout whose protocol package the simulated users use. */
  readonly checkout: string
  readonly isBare: boolean
  /** Whether the two users of a pair are at different nodes. */
  readonly isAcrossNodes: boolean
  start(options: BuddyServerOptions, profileDir: string | undefined): Promise<MeasuredServer>
}

/** The largest number of users for one process, which is limited by its open files. */
const maxUsers = 20_000
/** The number of users of the scenario `users`, which has several processes: by default, and at most. */
const crowdUsers = { default: 20_000, max: 200_000 }

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
      nodes: { type: 'string' },
      shards: { type: 'string' },
      against: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const users =
    values.users === undefined
      ? undefined
      : numberFlag('users', values.users, { fallback: 0, min: 2, max: crowdUsers.max })
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
  const all = [...Object.keys(scenarios), 'matcher', 'redis-matcher', 'users']
  const names = listFlag('scenario', values.scenario, all)
  if (users !== undefined && users > maxUsers && names.some((name) => name !== 'users')) {
    throw new FlagError(
      `--users is "${users}": it must be at most ${maxUsers}, except with --scenario users.`,
    )
  }
  return {
    names,
    users,
    seconds:
      values.seconds === undefined
        ? undefined
        : numberFlag('seconds', values.seconds, {
            fallback: 0,
            min: 0.2,
            max: 3600,
            isWhole: false,
          }),
    waiting:
      values.waiting === undefined
        ? undefined
        : numberFlag('waiting', values.waiting, { fallback: 0, min: 1000, max: 2_000_000 }),
    nodes:
      values.nodes === undefined
        ? undefined
        : numberFlag('nodes', values.nodes, { fallback: 1, min: 1, max: 64 }),
    shards: numberFlag('shards', values.shards, { fallback: 1, min: 1, max: 16 }),
    interests: numberFlag('interests', values.interests, { fallback: 10, min: 0, max: 10 }),
    rounds: numberFlag('rounds', values.rounds, { fallback: 3, min: 1, max: 100 }),
    against,
    profileDir: values.profile && resolve(values.profile),
  }
}

function contenders(against: string | undefined): readonly Contender[] {
  const alone = (
    name: string,
    file: string,
    checkout: string,
    argsOf: (options: BuddyServerOptions) => readonly string[],
  ): Contender => ({
    name,
    checkout,
    isBare: file !== 'buddy.ts',
    isAcrossNodes: false,
    start: (options, profileDir) => MeasuredProcess.start(name, file, argsOf(options), profileDir),
  })
  const buddy = (name: string, checkout: string): Contender =>
    alone(name, 'buddy.ts', checkout, (options) => [checkout, JSON.stringify(options)])
  const bare = (name: string): Contender => alone(name, `${name}.ts`, here, () => [])
  return [
    buddy('buddy', here),
    ...(against === undefined ? [] : [buddy('against', against)]),
    bare('bare-uws'),
    bare('bare-ws'),
  ]
}

/** Nodes with a Redis: pairs with one node for each user, and pairs with one node for both. */
function nodeContenders(nodes: number): readonly Contender[] {
  return [true, false].map((isAcrossNodes) => {
    const name = isAcrossNodes ? 'across-nodes' : 'in-node'
    return {
      name,
      checkout: here,
      isBare: false,
      isAcrossNodes,
      start: (options, profileDir) => NodeGroup.start(name, nodes, here, options, profileDir),
    }
  })
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
  const { names, rounds, against, waiting, nodes, shards, interests, profileDir, ...size } =
    readOptions()
  for (const name of names) {
    if (name === 'matcher') {
      const most = waiting ?? 1_000_000
      const fewer = [1000, 10_000, 100_000].filter((count) => count < most)
      benchMatcher({ ...size, waiting: [...fewer, most] })
      continue
    }
    if (name === 'redis-matcher') {
      await benchRedisMatcher({
        ...size,
        nodes: nodes ?? 1,
        shards,
        waiting: [...new Set([1000, waiting ?? 100_000])],
      })
      continue
    }
    if (name === 'users') {
      const { users = crowdUsers.default, seconds = 10 } = size
      await benchUsers({ users, nodes, interests, seconds })
      continue
    }
    const scenario: Scenario = scenarios[name as keyof typeof scenarios]
    const { users = scenario.users, seconds = scenario.seconds } = size
    const all = nodes === undefined ? contenders(against) : nodeContenders(nodes)
    const participants = all.filter(({ isBare }) => scenario.isForBareRelays || !isBare)
    const results = new Map<string, Figures[]>(participants.map(({ name: server }) => [server, []]))
    // Measure the servers in turns, so that other load on the machine affects all of them. The order
    // alternates between rounds.
    for (let round = 0; round < rounds; round++) {
      for (const contender of round % 2 === 0 ? participants : participants.toReversed()) {
        const path = join(contender.checkout, 'packages/buddy-protocol/dist/index.js')
        const wire = (await import(pathToFileURL(path).href)) as Wire
        const server = await contender.start(scenario.options ?? {}, profileDir)
        // The bare relays know no interests: they match users who send the same ticket.
        const maxInterests = contender.isBare ? 0 : interests
        try {
          const { isAcrossNodes } = contender
          const run = { server, wire, users, seconds, maxInterests, isAcrossNodes }
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
    const [one = '', other = ''] = nodes === undefined ? ['buddy', 'against'] : [...results.keys()]
    const { [one]: figures = [], [other]: others } = Object.fromEntries(results)
    const ratios = others && { [`${one} ÷ ${other}`]: summarize(figures.map(quotientsOf(others))) }
    console.table({
      ...Object.fromEntries([...results].map(([server, figures]) => [server, summarize(figures)])),
      ...ratios,
    })
  }
  return true
}

await runCommand(main)
process.exit()
