// npm run chaos: three nodes that share one Redis, or one Redis for each shard, clients that meet, and random faults.
// Everything is written to a history, which the checker then reads. Exits with 1 if a rule is broken, or too few
// sessions were resumed.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import { listFlag, numberFlag, runCommand } from '../load/flags.ts'
import { createRandom, seedOf } from '../load/random.ts'
import { checkHistory } from './checker.ts'
import type { Verdict } from './checker.ts'
import { Cluster } from './cluster.ts'
import { Crowd } from './crowd.ts'
import { faultKinds, Faults } from './faults.ts'
import type { Entry, FaultKind } from './history.ts'
import { History, readHistory } from './history.ts'
import { tableOf } from './table.ts'

interface ChaosOptions {
  /** How long faults are caused, in milliseconds. */
  readonly runMs: number
  readonly seed: number
  readonly clients: number
  /** The number of shards, each with a Redis of its own. @default 1 */
  readonly shards?: number
  readonly kinds: readonly FaultKind[]
  /** The folder for the history and the logs of the nodes; undefined if they are not written. */
  readonly folder?: string | undefined
}

const nodeCount = 3
const graceMs = 30_000
/** How long the clients have to connect again after the last fault, in milliseconds. */
const recoveryMs = 25_000
const pollMs = 100
/** The time within which everything that was sent has arrived, in milliseconds. */
const settledMs = 4000
/** The part of the sessions that must be resumed. */
const minResumedShare = 0.999

/** Resolves when `isDone` returns true, or after `maxMs`. */
async function until(isDone: () => boolean, maxMs: number): Promise<void> {
  const beganAt = performance.now()
  while (!isDone() && performance.now() - beganAt < maxMs) await wait(pollMs)
}

/** Runs the clients and the faults, and resolves with the history. */
export async function runChaos(options: ChaosOptions): Promise<readonly Entry[]> {
  const { runMs, seed, clients, shards = 1, kinds, folder } = options
  const cluster = await Cluster.start(nodeCount, shards, graceMs, folder)
  const history = new History(folder && join(folder, `history-${seed}.jsonl`))
  let connections = 0
  const crowd = new Crowd(clients, {
    history,
    urls: cluster.nodes.map(({ url }) => url.replace('localhost', '127.0.0.1')),
    random: createRandom(seedOf(seed, 0)),
    nextConnection: () => ++connections,
  })
  const faults = new Faults(kinds, {
    cluster,
    history,
    random: createRandom(seedOf(seed, 1)),
    dropConnections: () => crowd.dropConnections(),
  })
  try {
    history.add({ do: 'begin', seed, graceMs })
    crowd.start()
    await faults.run(runMs)
    crowd.becomeQuiet()
    await until(() => crowd.clients.every(({ isConnected }) => isConnected), recoveryMs)
    await wait(settledMs)
    history.add({ do: 'quiet' })
    // Each client in a room sends a text, so that the checker sees whether the room still works.
    for (const client of crowd.clients) client.text()
    await wait(settledMs)
    history.add({ do: 'end' })
  } finally {
    crowd.close()
    await cluster.stop()
    await history.close()
  }
  return history.entries
}

/** Prints the result. Returns whether the history keeps every rule, and enough sessions were resumed. */
export function printVerdict(verdict: Verdict): boolean {
  const { violations, resumedShare } = verdict
  console.log(`\n${tableOf(verdict)}\n`)
  console.log(
    `resumed: ${(resumedShare * 100).toFixed(2)} % of the sessions that lost a connection`,
  )
  console.log(violations.length === 0 ? 'no broken rule' : `${violations.length} broken rules:`)
  for (const { t, rule, text } of violations.slice(0, 30)) {
    console.log(`- ${(t / 1000).toFixed(2)} s, ${rule}: ${text}`)
  }
  return violations.length === 0 && resumedShare >= minResumedShare
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      clients: { type: 'string' },
      shards: { type: 'string' },
      fault: { type: 'string', multiple: true },
      check: { type: 'string' },
    },
  })
  if (values.check !== undefined) return printVerdict(checkHistory(readHistory(values.check)))
  if (missingRedisMessage) throw new Error(missingRedisMessage)
  const fallback = Math.floor(Math.random() * 2 ** 32)
  const seed = numberFlag('seed', values.seed, { fallback, min: 0, max: 2 ** 32 - 1 })
  const minutes = numberFlag('minutes', values.minutes, {
    fallback: 1,
    min: 0.1,
    max: 10_000,
    isWhole: false,
  })
  const clients = numberFlag('clients', values.clients, { fallback: 90, min: 2, max: 5000 })
  const shards = numberFlag('shards', values.shards, { fallback: 1, min: 1, max: 8 })
  const kinds = listFlag('fault', values.fault, faultKinds) as readonly FaultKind[]
  const folder = join(import.meta.dirname, '../../dist/chaos')
  console.log(
    `seed ${seed}, ${clients} clients, ${shards} shards, ${minutes} min, faults: ${kinds.join(', ')}`,
  )
  const entries = await runChaos({ runMs: minutes * 60_000, seed, clients, shards, kinds, folder })
  console.log(`history: ${join(folder, `history-${seed}.jsonl`)}, ${entries.length} entries`)
  return printVerdict(checkHistory(entries))
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) await runCommand(main)
