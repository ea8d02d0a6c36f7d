import type { ClientMessage } from '@buddy-chat/protocol'

/** Bytes of frames that are kept to be sent again: more than a call and a long conversation need. */
const maxKeptBytes = 262_144

/** Messages after which the client is in another room, or in none. */
const roomEnds: ReadonlySet<ClientMessage['type']> = new Set(['ticket', 'next', 'leave'])

/** An encoded message. */
export interface Frame {
  readonly type: ClientMessage['type']
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Counts the frames of a session that were sent and received, and keeps sent frames that the server may
 * not have. So a resumed session neither loses nor repeats a message (`docs/protocol.md`, Resume).
 */
export class FrameLedger {
  #received = 0
  #kept: Frame[] = []
  #keptBytes = 0
  /** The number of frames sent before the oldest that is kept. */
  #forgotten = 0
  /** The number of frames that the present or latest connection was given. */
  #written = 0

  /** The number of frames received, without `welcome`. */
  get received(): number {
    return this.#received
  }

  handleReceived(): void {
    this.#received++
  }

  /** The number of frames that the server may have, without those that still wait for a connection. */
  get written(): number {
    return this.#written
  }

  /** The frame to send next; undefined if none waits. */
  get due(): Frame | undefined {
    return this.#unwritten[0]
  }

  /** Whether a frame that waits ends the present room. */
  get endsRoom(): boolean {
    return this.#unwritten.some(({ type }) => roomEnds.has(type))
  }

  /** Moves the first frame that is not a text before the texts that wait. Returns false if there is none. */
  overtakeTexts(): boolean {
    const due = this.#written - this.#forgotten
    const index = this.#unwritten.findIndex(({ type }) => type !== 'text')
    if (index < 0) return false
    this.#kept.splice(due, 0, ...this.#kept.splice(due + index, 1))
    return true
  }

  /** Called when the frame that was due has been sent. */
  handleWritten(): void {
    this.#written++
  }

  /** Keeps a frame to send. Beyond the limit, drops the oldest frames. */
  keep(frame: Frame): void {
    this.#kept.push(frame)
    this.#keptBytes += frame.bytes.length
    while (this.#keptBytes > maxKeptBytes) this.#forgetOldest()
  }

  /** Whether `frame` can be kept without dropping a frame that was not sent yet. */
  hasRoomFor(frame: Frame): boolean {
    return byteLength([...this.#unwritten, frame]) <= maxKeptBytes
  }

  /**
   * Called when a session is resumed and the server has the first `count` frames. The others are sent
   * again.
   * @returns false if some of the others are not kept any more, or `count` exceeds the frames sent
   */
  resume(count: number): boolean {
    if (count < this.#forgotten || count > this.#forgotten + this.#kept.length) return false
    while (this.#forgotten < count) this.#forgetOldest()
    this.#written = count
    return true
  }

  get #unwritten(): readonly Frame[] {
    return this.#kept.slice(this.#written - this.#forgotten)
  }

  #forgetOldest(): void {
    this.#keptBytes -= this.#kept.shift()?.bytes.length ?? 0
    this.#forgotten++
  }
}

const byteLength = (frames: readonly Frame[]): number =>
  frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
