// Processes of `npm run bench -- --scenario redis-matcher`: nodes, and servers of Redis.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { RedisServer } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import type { EngineCrowdFigures, EngineCrowdSetup } from './engine-crowd-process.ts'

/** The maximum number of tickets without an answer at a node. With more of them, Redis does not become faster. */
export const asking = 128

/** Starts this number of Redis servers, calls `act` with them, and stops them when its promise settles. */
export async function withServers<T>(
  count: number,
  act: (servers: readonly RedisServer[]) => Promise<T>,
): Promise<T> {
  const servers: RedisServer[] = []
  try {
    while (servers.length < count) servers.push(await RedisServer.start())
    return await act(servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Returns the URL for several servers, among which the shards are divided. */
export function urlOf(servers: readonly RedisServer[]): string {
  return `redis://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
}

/** A node in a process of its own. */
export class NodeProcess {
  readonly #child: ReturnType<typeof fork>
  readonly #ended: Promise<never>

  constructor(setup: EngineCrowdSetup) {
    this.#child = fork(
      new URL('engine-crowd-process.ts', import.meta.url),
      [JSON.stringify(setup)],
      { execArgv: ['--disable-warning=ExperimentalWarning'] },
    )
    this.#ended = new Promise((_resolve, reject) => {
      this.#child.once('exit', (code, signal) =>
        reject(new Error(`a node of the benchmark ended: ${signal ?? code}`)),
      )
    })
    this.#ended.catch(() => undefined)
  }

  async ready(): Promise<void> {
    await Promise.race([once(this.#child, 'message'), this.#ended])
  }

  start(): void {
    this.#child.send('start')
  }

  async measure(): Promise<EngineCrowdFigures> {
    const answer = once(this.#child, 'message')
    this.#child.send('measure')
    const [figures] = await Promise.race([answer, this.#ended])
    return figures as EngineCrowdFigures
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
