import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../load/random.ts'
import type { Cluster } from './cluster.ts'
import type { FaultKind, History } from './history.ts'

/** Every kind of fault. */
export const faultKinds = [
  'kill',
  'pause',
  'roll',
  'drop',
  'cut',
  'clock',
  'redis-pause',
  'redis-restart',
  'redis-loss',
  'flush',
] as const satisfies readonly FaultKind[]

interface FaultContext {
  readonly cluster: Cluster
  readonly history: History
  readonly random: Random
  /** Drops the connections of some clients. */
  readonly dropConnections: () => void
}

/** How many faults may be in effect at once. */
const maxAtOnce = 2

/** Causes faults in a random order: one after the other, and overlapping. */
export class Faults {
  readonly #context: FaultContext
  readonly #kinds: readonly FaultKind[]
  /** The nodes that have a fault now. At least one node has none at any time. */
  readonly #faulty = new Set<number>()
  readonly #running = new Set<Promise<void>>()
  #isRedisFaulty = false
  #next = 1

  constructor(kinds: readonly FaultKind[], context: FaultContext) {
    this.#kinds = kinds
    this.#context = context
  }

  /** Causes faults until `untilMs` on the clock of the history. Resolves when all of them have ended. */
  async run(untilMs: number): Promise<void> {
    const { history, random } = this.#context
    let kinds: FaultKind[] = []
    while (history.nowMs < untilMs) {
      await wait(500 + random.below(2500))
      if (this.#running.size >= maxAtOnce) await Promise.race(this.#running)
      // No kind is repeated before every kind was caused once.
      if (kinds.length === 0) kinds = [...this.#kinds]
      const [kind] = kinds.splice(random.below(kinds.length), 1)
      const running = this.#cause(kind!)
      this.#running.add(running)
      void running.finally(() => this.#running.delete(running))
    }
    await Promise.all(this.#running)
  }

  async #cause(kind: FaultKind): Promise<void> {
    const { cluster, random, dropConnections } = this.#context
    switch (kind) {
      case 'kill':
        await this.#withNode(kind, async (node) => {
          await cluster.nodes[node]!.kill()
          await wait(random.below(4000))
          await cluster.nodes[node]!.start()
        })
        break
      case 'pause':
        await this.#withNode(kind, async (node) => {
          cluster.nodes[node]!.signal('SIGSTOP')
          // Some pauses are too short for the node to be declared dead.
          await wait(random.chance(0.25) ? 500 + random.below(1000) : 2500 + random.below(3000))
          cluster.nodes[node]!.signal('SIGCONT')
        })
        break
      case 'roll':
        for (const node of cluster.nodes.keys()) {
          if (this.#faulty.has(node)) continue
          await this.#during(kind, node, async () => {
            await cluster.nodes[node]!.stop()
            await cluster.nodes[node]!.start()
          })
        }
        break
      case 'cut':
        await this.#withNode(kind, async (node) => {
          const proxy = cluster.proxies[node]![this.#shard()]!
          proxy.cut()
          await wait(500 + random.below(5500))
          proxy.mend()
        })
        break
      case 'clock':
        await this.#withNode(kind, async (node) => {
          cluster.nodes[node]!.signal('SIGUSR2')
          await wait(random.below(3000))
        })
        break
      case 'redis-pause':
        await this.#withRedis(kind, async (index) => {
          cluster.redis[index]!.signal('SIGSTOP')
          await wait(500 + random.below(5500))
          cluster.redis[index]!.signal('SIGCONT')
        })
        break
      case 'redis-restart':
        await this.#withRedis(kind, (index) =>
          cluster.redis[index]!.restartWithData(random.below(4000)),
        )
        break
      case 'redis-loss':
        await this.#withRedis(kind, (index) => cluster.loseRedis(index, random.below(4000)))
        break
      case 'flush':
        await this.#withRedis(kind, async (index) => {
          await cluster.redis[index]!.run('FLUSHALL')
        })
        break
      case 'drop':
        await this.#during(kind, undefined, () => Promise.resolve(dropConnections()))
        break
    }
  }

  async #withNode(kind: FaultKind, act: (node: number) => Promise<void>): Promise<void> {
    const { cluster, random } = this.#context
    const sound = [...cluster.nodes.keys()].filter((node) => !this.#faulty.has(node))
    if (sound.length < 2) return
    const node = random.pick(sound)
    await this.#during(kind, node, () => act(node))
  }

  /** Calls `act` with the index of the Redis that has the fault. Does nothing while a Redis has another fault. */
  async #withRedis(kind: FaultKind, act: (index: number) => Promise<void>): Promise<void> {
    if (this.#isRedisFaulty) return
    this.#isRedisFaulty = true
    const index = this.#shard()
    await this.#during(kind, undefined, () => act(index))
    this.#isRedisFaulty = false
  }

  /** Returns the index of the shard whose Redis, or the way to it, has the next fault. */
  #shard(): number {
    const { cluster, random } = this.#context
    const { length } = cluster.redis
    return length === 1 ? 0 : random.below(length)
  }

  async #during(
    kind: FaultKind,
    node: number | undefined,
    act: () => Promise<void>,
  ): Promise<void> {
    const { history } = this.#context
    const id = this.#next++
    const about = { id, kind, ...(node !== undefined && { node }) }
    if (node !== undefined) this.#faulty.add(node)
    history.add({ do: 'fault', phase: 'begin', ...about })
    await act()
    history.add({ do: 'fault', phase: 'end', ...about })
    if (node !== undefined) this.#faulty.delete(node)
  }
}
