// The network of a test, in which nothing arrives by itself.
import type { RedisLink } from '../engine/redis/redis-link.ts'

/** What waits on one way. */
interface Lane {
  /** The node that receives it; undefined for Redis. */
  readonly receiver: number | undefined
  readonly items: (() => void | Promise<void>)[]
}

/** The lanes of one node. */
interface NodeLanes {
  readonly toRedis: Lane
  readonly replies: Lane
  readonly messages: Lane
  readonly handleMessage: (payload: Uint8Array) => void
  /** Fails the calls that have no reply yet. */
  readonly failures: Set<() => void>
}

/** What a node uses of the network. */
interface Uplink {
  /** Sends a call to a real Redis. */
  readonly call: RedisLink['call']
  readonly handleMessage: (payload: Uint8Array) => void
}

/**
 * The ways between clients, nodes and Redis. What is sent waits until {@link deliver} picks its lane. Each lane keeps
 * its order, as a TCP connection does. The calls are handled by a real Redis, one after the other.
 */
export class SteppedNetwork {
  readonly #lanes: Lane[] = []
  readonly #nodes = new Map<string, NodeLanes>()
  readonly #hanging = new Set<number>()
  readonly #cut = new Set<string>()

  /** Adds a way to a node, or to Redis. */
  addLane(receiver: number | undefined): Lane {
    const lane: Lane = { receiver, items: [] }
    this.#lanes.push(lane)
    return lane
  }

  /** Connects a node to Redis. */
  link(node: number, nodeId: string, { call, handleMessage }: Uplink): RedisLink {
    const own: NodeLanes = {
      toRedis: this.addLane(undefined),
      replies: this.addLane(node),
      messages: this.addLane(node),
      handleMessage,
      failures: new Set(),
    }
    this.#nodes.set(nodeId, own)
    const send = <T>(handle: () => T | Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const fail = (): void => {
          own.failures.delete(fail)
          reject(new Error('Redis does not answer'))
        }
        if (this.#cut.has(nodeId)) {
          fail()
          return
        }
        own.failures.add(fail)
        own.toRedis.items.push(async () => {
          const reply = await handle()
          own.replies.items.push(() => {
            own.failures.delete(fail)
            resolve(reply)
          })
        })
      })
    return {
      call: (payload) => send(() => call(payload)),
      publish: (to, payload) => {
        const copy = payload.slice()
        return send(() => {
          const receiver = this.#nodes.get(to)
          if (!receiver || this.#cut.has(to)) return false
          receiver.messages.items.push(() => receiver.handleMessage(copy))
          return true
        })
      },
    }
  }

  /** From now on the node receives nothing. What is sent to it waits. */
  hang(node: number): void {
    this.#hanging.add(node)
  }

  wake(node: number): void {
    this.#hanging.delete(node)
  }

  isHanging(node: number): boolean {
    return this.#hanging.has(node)
  }

  /** The node loses its connections to Redis. What was on its way is lost, except the first `handled` calls. */
  async cut(nodeId: string, handled: number): Promise<void> {
    const own = this.#nodes.get(nodeId)!
    for (let count = 0; count < handled; count++) await own.toRedis.items.shift()?.()
    this.#cut.add(nodeId)
    for (const lane of lanesOf(own)) lane.items.splice(0)
    for (const fail of own.failures) fail()
    await turn()
  }

  mend(nodeId: string): void {
    this.#cut.delete(nodeId)
  }

  isCut(nodeId: string): boolean {
    return this.#cut.has(nodeId)
  }

  /** The node has ended, and receives nothing any more. */
  remove(nodeId: string): void {
    const own = this.#nodes.get(nodeId)!
    this.#nodes.delete(nodeId)
    for (const lane of lanesOf(own)) lane.items.splice(0)
  }

  /**
   * Delivers the first item of a lane.
   * @param pick chooses among this number of lanes
   * @returns false if nothing can be delivered
   */
  async deliver(pick: (count: number) => number): Promise<boolean> {
    const ready = this.#lanes.filter(
      ({ receiver, items }) =>
        items.length > 0 && (receiver === undefined || !this.#hanging.has(receiver)),
    )
    if (ready.length === 0) return false
    await ready[pick(ready.length)]!.items.shift()!()
    await turn()
    return true
  }

  /** Delivers everything that can be delivered. */
  async settle(pick: (count: number) => number): Promise<void> {
    await turn()
    while (await this.deliver(pick));
  }
}

const lanesOf = ({ toRedis, replies, messages }: NodeLanes): readonly Lane[] => [
  toRedis,
  replies,
  messages,
]

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
