import type { Answer, FrameItem } from './wire.ts'
import type { Command } from './command-queue.ts'
import type { RedisSession } from './redis-session.ts'

/** The dependencies of {@link FrameRelay}. */
export interface FrameRelayDependencies {
  readonly nodeId: string
  /** Returns a session of this node. */
  readonly find: (sessionId: string) => RedisSession | undefined
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  readonly send: (command: Command, handleAnswer: (answer: Answer) => void, isKept: boolean) => void
  /** Sends a frame to another node. With an empty id, it waits until Redis answers again. */
  readonly post: (nodeId: string, frame: FrameItem) => void
  /** Returns how many bytes of frames are kept for a session without a node. */
  readonly maxHeldBytes: () => number
  /** Calls `act`, and reports its error. */
  readonly attempt: (act: () => void) => void
}

/**
 * Relays frames between sessions in the same room. A frame for a session of this node does not leave the process.
 * Frames for another node are sent to it. If that node cannot receive them, Redis keeps them.
 */
export class FrameRelay {
  readonly #dependencies: FrameRelayDependencies
  /** The number of frames to each session that wait for an answer of Redis. Later frames must not overtake them. */
  readonly #holding = new Map<string, number>()
  /** The ids of frames that Redis may keep. It keeps a frame with the same id only once. */
  readonly #ids = new WeakMap<FrameItem, string>()
  #number = 0

  constructor(dependencies: FrameRelayDependencies) {
    this.#dependencies = dependencies
  }

  /** Relays a frame from a session of this node. */
  relay(nodeId: string, item: FrameItem): void {
    if (this.#holding.has(item[0])) this.#redirect(item)
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
  hold(to: string, item: FrameItem): Promise<boolean> {
    const [partner, room, frame, epoch] = item
    const { nodeId, find, send, maxHeldBytes } = this.#dependencies
    const maxBytes = maxHeldBytes()
    const frames = [Buffer.from(frame).toString('base64')]
    const id = this.#ids.get(item) ?? `${nodeId} ${++this.#number}`
    this.#ids.set(item, id)
    this.#holding.set(partner, (this.#holding.get(partner) ?? 0) + 1)
    return new Promise((resolve) => {
      const sender = epoch === undefined ? {} : { epoch }
      const held = { c: 'hold', partner, room, to, id, frames, maxBytes, ...sender }
      const handleAnswer = ([failure, , , node]: Answer): void => {
        const left = this.#holding.get(partner)! - 1
        if (left > 0) this.#holding.set(partner, left)
        else this.#holding.delete(partner)
        const isOwn = node === nodeId
        // Another node has the session now.
        if (typeof node === 'string' && node !== to && (!isOwn || find(partner))) {
          this.#relayNow(node, item)
        }
        resolve(failure === 'unavailable' || node === to)
      }
      send(held, handleAnswer, true)
    })
  }

  #relayNow(nodeId: string, item: FrameItem): void {
    const { nodeId: own, find, attempt, post } = this.#dependencies
    const session = nodeId === own ? find(item[0]) : undefined
    if (session) attempt(() => session.handleFrame(item))
    else if (nodeId === '' || nodeId === own) this.#redirect(item)
    else post(nodeId, item)
  }

  /** Sends a frame to Redis, which keeps it for the session, or returns the node that has the session now. */
  #redirect(item: FrameItem): void {
    const { isConnected, post } = this.#dependencies
    // It waits until Redis answers again.
    const wait = (): void => post('', item)
    if (!isConnected()) wait()
    else void this.hold('', item).then((isLeft) => isLeft && wait())
  }
}
