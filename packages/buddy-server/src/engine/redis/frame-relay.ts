import type { Cancel, Clock } from '../../clock.ts'
import type { Command } from './command-queue.ts'
import type { RedisSession } from './redis-session.ts'
import type { Answer, FrameItem } from './wire.ts'

/** The dependencies of {@link FrameRelay}. */
export interface FrameRelayDependencies {
  readonly nodeId: string
  readonly clock: Pick<Clock, 'after'>
  /** Returns a session of this node; undefined if this node does not have it. */
  readonly find: (sessionId: string) => RedisSession | undefined
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  readonly send: (command: Command, handleAnswer: (answer: Answer) => void, isKept: boolean) => void
  /** Sends a frame to another node. */
  readonly post: (nodeId: string, frame: FrameItem) => void
  /** Returns how many bytes of frames are kept for a session without a node. */
  readonly maxHeldBytes: () => number
  /** Calls `act`, and reports its error. */
  readonly attempt: (act: () => void) => void
}

/** Frames to one session, about which Redis is asked one after the other. */
interface Waiting {
  readonly items: FrameItem[]
  bytes: number
  /**
   * Resolves when no frame is left, or the next one must be handled later. Undefined while no frame is being handled.
   */
  running: Promise<void> | undefined
  /** Whether the frames must be handled again afterwards. */
  isRepeated: boolean
  /** Ends the wait before Redis is asked again; undefined if there is none. */
  cancelRetry: Cancel | undefined
}

/** The wait before Redis is asked again for a session that its node may state again soon, in milliseconds. */
const retryMs = 100

/**
 * Relays frames between sessions in the same room. A frame for a session of this node does not leave the process.
 * Frames for another node are sent to it. If that node cannot receive them, or is not known, Redis is asked:
 * it keeps them, or answers which node has the session now. Later frames to the same session wait meanwhile, so that
 * all arrive in order.
 */
export class FrameRelay {
  readonly #dependencies: FrameRelayDependencies
  /**
   * By the id of a session: how many frames to it the node `to` has not received, and Redis has not answered about yet.
   */
  readonly #undelivered = new Map<string, { readonly count: number; readonly to: string }>()
  readonly #waiting = new Map<string, Waiting>()
  /** The ids of frames that Redis may keep. It keeps a frame with the same id only once. */
  readonly #ids = new WeakMap<FrameItem, string>()
  #number = 0

  constructor(dependencies: FrameRelayDependencies) {
    this.#dependencies = dependencies
  }

  /** Relays a frame from a session of this node. An empty id means that the partner's node is not known. */
  relay(nodeId: string, item: FrameItem): void {
    const [partner] = item
    const undelivered = this.#undelivered.get(partner)
    // A frame to the node `to` is sent after the earlier ones to that node in any case.
    const mustWait = undelivered !== undefined && undelivered.to !== nodeId
    if (mustWait || this.#waiting.has(partner)) this.#wait(item)
    else this.#relayNow(nodeId, item)
  }

  /** Handles a frame from another node. If this node has released the session, Redis knows what to do with it. */
  handleFrame(item: FrameItem): void {
    this.#relayNow(this.#dependencies.nodeId, item)
  }

  /**
   * Keeps a frame for a session whose node has not received it. If Redis fails meanwhile, the command is sent again.
   * Resolves with true if the frame must be sent again, because that node is alive.
   */
  async hold(to: string, item: FrameItem): Promise<boolean> {
    const [partner] = item
    const before = this.#undelivered.get(partner)?.count ?? 0
    this.#undelivered.set(partner, { count: before + 1, to })
    const node = await this.#ask(to, item)
    const left = this.#undelivered.get(partner)!.count - 1
    if (left > 0) this.#undelivered.set(partner, { count: left, to })
    else {
      this.#undelivered.delete(partner)
      this.#handleWaiting(partner)
    }
    if (node === false || node === to) return true
    this.#follow(node, item)
    return false
  }

  /** Call this when Redis answers again. */
  resume(): void {
    for (const [partner, waiting] of this.#waiting) {
      waiting.cancelRetry?.()
      waiting.cancelRetry = undefined
      this.#handleWaiting(partner)
    }
  }

  /** Resolves when Redis has answered about the frames that wait. */
  async untilAnswered(): Promise<void> {
    await Promise.all([...this.#waiting.values()].map(({ running }) => running))
  }

  #relayNow(nodeId: string, item: FrameItem): void {
    const { nodeId: own, find, attempt, post } = this.#dependencies
    const session = nodeId === own ? find(item[0]) : undefined
    if (session) attempt(() => session.handleFrame(item))
    else if (nodeId === '' || nodeId === own) this.#wait(item)
    else post(nodeId, item)
  }

  /** Sends a frame to the node that has the session now, if there is one. */
  #follow(node: string | undefined, item: FrameItem): void {
    const { nodeId: own, find } = this.#dependencies
    if (node !== undefined && (node !== own || find(item[0]))) this.#relayNow(node, item)
  }

  #wait(item: FrameItem): void {
    const [partner, , frame] = item
    const waiting = this.#waiting.get(partner) ?? {
      items: [],
      bytes: 0,
      running: undefined,
      isRepeated: false,
      cancelRetry: undefined,
    }
    this.#waiting.set(partner, waiting)
    waiting.items.push(item)
    waiting.bytes += frame.byteLength
    while (waiting.bytes > this.#dependencies.maxHeldBytes() && waiting.items.length > 1) {
      // The first frame stays, because Redis may have been asked about it.
      const [oldest] = waiting.items.splice(1, 1)
      waiting.bytes -= oldest![2].byteLength
    }
    this.#handleWaiting(partner)
  }

  #handleWaiting(partner: string): void {
    const waiting = this.#waiting.get(partner)
    if (!waiting || waiting.cancelRetry || !this.#dependencies.isConnected()) return
    if (waiting.running) {
      waiting.isRepeated = true
      return
    }
    waiting.isRepeated = false
    waiting.running = this.#handleAll(partner, waiting).finally(() => {
      waiting.running = undefined
      if (waiting.items.length === 0) this.#waiting.delete(partner)
      else if (waiting.isRepeated) this.#handleWaiting(partner)
    })
  }

  async #handleAll(partner: string, waiting: Waiting): Promise<void> {
    const { isConnected, clock } = this.#dependencies
    for (let item = waiting.items[0]; item; item = waiting.items[0]) {
      // Earlier frames may be sent again to the session's node.
      if (!isConnected() || this.#undelivered.has(partner)) return
      const node = await this.#ask('', item)
      if (node === false || node === '') {
        waiting.cancelRetry = clock.after(retryMs, () => {
          waiting.cancelRetry = undefined
          this.#handleWaiting(partner)
        })
        return
      }
      waiting.items.shift()
      waiting.bytes -= item[2].byteLength
      this.#follow(node, item)
    }
  }

  /**
   * Asks Redis about a frame that the node `to` has not received. Resolves with the node that has the session now; with
   * `to` if the frame must be sent again; with undefined if Redis keeps the frame, or the session is no longer in that room; with
   * false if Redis does not answer.
   */
  #ask(to: string, item: FrameItem): Promise<string | false | undefined> {
    const [partner, room, frame, epoch] = item
    const { nodeId, send, maxHeldBytes } = this.#dependencies
    const frames = [Buffer.from(frame).toString('base64')]
    const id = this.#ids.get(item) ?? `${nodeId} ${++this.#number}`
    this.#ids.set(item, id)
    const sender = epoch === undefined ? {} : { epoch }
    const about = { partner, room, to, id, frames, maxBytes: maxHeldBytes(), ...sender }
    return new Promise((resolve) => {
      const handleAnswer = ([failure, , , node]: Answer): void => {
        if (failure === 'unavailable') resolve(false)
        else resolve(typeof node === 'string' ? node : undefined)
      }
      send({ c: 'hold', ...about }, handleAnswer, true)
    })
  }
}
