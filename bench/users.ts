// npm run bench -- --scenario users --users 100000: users of several nodes, connected and matched. Each process may
// open only some thousand files, so nodes and load are several processes.
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { readRedisInfo } from '../tests/load/redis-info.ts'
import { BenchError } from './measured-process.ts'
import { NodeGroup } from './node-group.ts'
import type { LoadSetup } from './users-load.ts'

/** Most processes may open 20,000 files or more, and a server refuses clients before that. */
const usersPerProcess = 15_000
/** After this time the users must be matched; the last ones accept anybody after 12 s. */
const matchLimitMs = 60_000

/** Those of the server's defaults or longer, because the load may be late with its answers. */
const heartbeats = { pingIntervalMs: 25_000, pingTimeoutMs: 60_000 }

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The options of {@link benchUsers}. */
interface UsersOptions {
  readonly users: number
  /** @default as many as the limit of open files requires, at least 2 */
  readonly nodes: number | undefined
  readonly interests: number
  /** How long the users are idle after that. */
  readonly seconds: number
}

class LoadProcess {
  readonly #child: ChildProcess
  readonly #failed: Promise<never>
  matched = 0

  constructor(setup: LoadSetup) {
    this.#child = fork(new URL('users-load.ts', import.meta.url), [JSON.stringify(setup)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#failed = new Promise((_resolve, reject) => {
      this.#child.once('exit', (code) => reject(new BenchError(`a load process ended: ${code}`)))
    })
    this.#failed.catch(() => undefined)
    this.#child.on('message', (message) => {
      if (typeof message === 'number') this.matched = message
    })
  }

  /** Resolves when all users of the process have arrived. */
  async arrived(): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#child.on('message', (message) => {
        if (message === 'arrived') resolve()
      })
    })
    await Promise.race([arrived, this.#failed])
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** Connects and matches users at several nodes, and prints what they cost. */
export async function benchUsers({
  users,
  nodes: given,
  interests,
  seconds,
}: UsersOptions): Promise<void> {
  const nodes = given ?? Math.max(2, Math.ceil(users / usersPerProcess))
  const processes = Math.max(2, Math.ceil(users / usersPerProcess))
  const checkout = join(import.meta.dirname, '..')
  const group = await NodeGroup.start('users', nodes, checkout, heartbeats)
  const loads: LoadProcess[] = []
  try {
    const before = await group.usage({ collect: true })
    const redisBefore = readRedisInfo(group.redis)
    const startedAtMs = performance.now()
    const perLoad = Math.ceil(users / processes)
    for (let first = 0; first < users; first += perLoad) {
      const count = Math.min(perLoad, users - first)
      loads.push(new LoadProcess({ ports: group.ports, first, count, interests }))
    }
    const limitMs = 60_000 + users * 10
    await group.within(
      'admit every user',
      Promise.all(loads.map((load) => load.arrived())),
      limitMs,
    )
    const connectedAtMs = performance.now()
    const matched = (): number => loads.reduce((sum, load) => sum + load.matched, 0)
    while (matched() < users - 1 && performance.now() < connectedAtMs + matchLimitMs)
      await wait(200)
    const matchedAtMs = performance.now()
    const after = await group.usage()
    const redisAfter = readRedisInfo(group.redis)
    const idleAtMs = performance.now()
    await wait(seconds * 1000)
    const idle = await group.usage()
    const idleMs = performance.now() - idleAtMs
    const collected = await group.usage({ collect: true })
    const kilobytes = (bytes: number): string => (bytes / users / 1000).toFixed(1)
    const perUser = (microseconds: number): string => (microseconds / users).toFixed(0)
    const percent = (microseconds: number): string =>
      ((microseconds / idleMs / 1000) * 100).toFixed(1)
    console.log(`\nusers: ${users} users at ${nodes} nodes, connected and matched`)
    console.table({
      users: {
        matched: matched(),
        'connected after s': ((connectedAtMs - startedAtMs) / 1000).toFixed(1),
        'matched after s': ((matchedAtMs - startedAtMs) / 1000).toFixed(1),
        'node kB/user': kilobytes(collected.residentBytes - before.residentBytes),
        'Redis kB/user': kilobytes(redisAfter.usedBytes - redisBefore.usedBytes),
        'node CPU µs/user': perUser(after.cpuMicroseconds - before.cpuMicroseconds),
        'Redis CPU µs/user': perUser(redisAfter.cpuMicroseconds - redisBefore.cpuMicroseconds),
        'idle: node CPU %': percent(idle.cpuMicroseconds - after.cpuMicroseconds),
        'idle: Redis CPU %': percent((idle.redisCpuMicroseconds ?? 0) - redisAfter.cpuMicroseconds),
        'idle: longest turn ms': idle.longestTurnMs.toFixed(0),
      },
    })
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
    await group.stop()
  }
}
