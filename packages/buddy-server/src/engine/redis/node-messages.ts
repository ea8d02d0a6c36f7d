import type { Clock } from '../../clock.ts'
import { packValue, unpackValue } from '../../codec.ts'
import type { RedisLink } from './redis-link.ts'
import type { FrameItem, NodeItem, NodeMessage } from './wire.ts'

interface NodeMessagesDependencies {
  readonly nodeId: string
  readonly link: Pick<RedisLink, 'publish'>
  readonly clock: Pick<Clock, 'after'>
  /** Whether Redis answers. */
  readonly isConnected: () => boolean
  /**
   * Called with a frame that the other node has not received. Resolves with true if the frame must be sent again,
   * because that node is alive.
   */
  readonly onUndelivered: (nodeId: string, frame: FrameItem) => Promise<boolean>
  /** Called when Redis has not answered. */
  readonly onFailed: (error: unknown) => void
  readonly onEvent: (event: Exclude<NodeItem, FrameItem>) => void
  readonly onFrame: (frame: FrameItem) => void
}

/** What is sent to one node. */
interface Lane {
  items: NodeItem[]
  /** The message that Redis has not answered. It may have arrived, so it is sent again with the same number. */
  unanswered: NodeItem[]
  /** The size of `items` and `unanswered`. A message that is on its way is not counted. */
  bytes: number
  /** The number of the present message. A message that is sent again has the same number. */
  number: number
  /** Resolves when the message that is on its way, and all after it, have been sent; undefined if none is. */
  sending: Promise<void> | undefined
}

/** Maximum number and size of the events and frames that wait for one node. Beyond it, the oldest are dropped. */
const maxWaiting = 20_000
const maxWaitingBytes = 16 * 1024 * 1024
/** What an event, or a frame beside its content, takes at least, in bytes. */
const itemBytes = 200
/** The wait before a message is sent again to a node that is alive but has not received it, in milliseconds. */
const retryMs = 100

/**
 * Sends messages from node to node, in order and each at most once. Events and frames that are posted while a message
 * is being sent go into the next message. If Redis fails meanwhile, the message is sent again later with the same
 * number, so that the receiver drops it if it has arrived before.
 */
export class NodeMessages {
  readonly #dependencies: NodeMessagesDependencies
  /**
   * The lane of each node to which something was sent. Neither a lane nor the number of a received message is ever
   * deleted, because a node that was lost may continue, with the same id and the same numbers. Each takes about 0.3 kB,
   * so a thousand restarts of other nodes take 0.3 MB.
   */
  readonly #lanes = new Map<string, Lane>()
  /** The number of the latest message from each node. */
  readonly #received = new Map<string, number>()
  #isFlushScheduled = false

  constructor(dependencies: NodeMessagesDependencies) {
    this.#dependencies = dependencies
  }

  /** Sends an event or a frame to a node. */
  post(nodeId: string, item: NodeItem): void {
    let lane = this.#lanes.get(nodeId)
    if (!lane) {
      lane = { items: [], unanswered: [], bytes: 0, number: 1, sending: undefined }
      this.#lanes.set(nodeId, lane)
    }
    lane.items.push(item)
    addBytes(lane, [item])
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    queueMicrotask(() => this.flush())
  }

  /** Sends what is waiting. Call this when Redis answers again. */
  flush(): void {
    this.#isFlushScheduled = false
    for (const [nodeId, lane] of this.#lanes) void this.#sendAll(nodeId, lane)
  }

  /** Resolves when all that was posted has been sent. */
  async untilSent(): Promise<void> {
    await Promise.all([...this.#lanes].map(([nodeId, lane]) => this.#sendAll(nodeId, lane)))
  }

  /** Handles a message from another node. */
  handleMessage(payload: Uint8Array): void {
    const [from, number, items] = unpackValue(payload) as NodeMessage
    if (number <= (this.#received.get(from) ?? 0)) return
    this.#received.set(from, number)
    const { onEvent, onFrame } = this.#dependencies
    for (const item of items) {
      if (isFrame(item)) {
        const [sessionId, roomId, { buffer, byteOffset, byteLength }, ...epoch] = item
        onFrame([sessionId, roomId, new Uint8Array(buffer, byteOffset, byteLength), ...epoch])
      } else onEvent(item)
    }
  }

  #sendAll(nodeId: string, lane: Lane): Promise<void> {
    lane.sending ??= this.#send(nodeId, lane).finally(() => {
      lane.sending = undefined
    })
    return lane.sending
  }

  async #send(nodeId: string, lane: Lane): Promise<void> {
    const { isConnected, clock } = this.#dependencies
    while (lane.unanswered.length + lane.items.length > 0 && isConnected()) {
      const isRepeated = lane.unanswered.length > 0
      const items = isRepeated ? lane.unanswered : lane.items
      if (isRepeated) lane.unanswered = []
      else lane.items = []
      lane.bytes -= bytesOf(items)
      const { number } = lane
      const left = await this.#deliver(nodeId, lane, items)
      if (left.length === 0) {
        // The receiver may have had the repeated message before, and would drop a new one with its number.
        const isAnswered = lane.unanswered.length === 0
        if (isRepeated && isAnswered && lane.number === number) lane.number++
        continue
      }
      // The receiver drops a repeated message that has arrived before. It must contain nothing new.
      if (isRepeated) lane.unanswered = [...left]
      else lane.items = [...left, ...lane.items]
      addBytes(lane, left)
      clock.after(retryMs, () => void this.#sendAll(nodeId, lane))
      return
    }
  }

  /** Sends one message. Returns what must be sent again. */
  async #deliver(nodeId: string, lane: Lane, items: NodeItem[]): Promise<readonly NodeItem[]> {
    const { link, onFailed, nodeId: self } = this.#dependencies
    try {
      const message: NodeMessage = [self, lane.number, items]
      const isReceived = await link.publish(nodeId, packValue(message))
      if (!isReceived) return await this.#findLeft(nodeId, items)
      lane.number++
      return []
    } catch (error) {
      lane.unanswered = items
      addBytes(lane, items)
      onFailed(error)
      return []
    }
  }

  /**
   * Returns the frames that must be sent to the node again. Events need not be: Redis has their effect, and `restate`
   * returns it.
   */
  async #findLeft(nodeId: string, items: readonly NodeItem[]): Promise<readonly NodeItem[]> {
    const frames = items.filter((item) => isFrame(item))
    const isLeft = await Promise.all(
      frames.map((frame) => this.#dependencies.onUndelivered(nodeId, frame)),
    )
    return frames.filter((_, index) => isLeft[index])
  }
}

const bytesOf = (items: readonly NodeItem[]): number =>
  items.reduce((sum, item) => sum + itemBytes + (isFrame(item) ? item[2].byteLength : 0), 0)

/** Counts items that were added to a lane, and drops the oldest if there are too many. */
function addBytes(lane: Lane, added: readonly NodeItem[]): void {
  lane.bytes += bytesOf(added)
  const { items, unanswered } = lane
  while (items.length + unanswered.length > maxWaiting || lane.bytes > maxWaitingBytes) {
    const isUnanswered = unanswered.length > 0
    const oldest = isUnanswered ? unanswered.shift() : items.shift()
    if (!oldest) return
    lane.bytes -= bytesOf([oldest])
    // The message may have arrived, so the next one needs another number.
    if (isUnanswered && unanswered.length === 0) lane.number++
  }
}

function isFrame(item: NodeItem): item is FrameItem {
  return Array.isArray(item)
}
