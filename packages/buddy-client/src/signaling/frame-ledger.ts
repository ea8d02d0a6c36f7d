import type { ClientMessage } from '@buddy-chat/protocol'

/** The most bytes of frames to keep. It is more than a call and a long conversation need. */
const maxKeptBytes = 262_144

/** The messages that end the client's room. */
const roomEnds: ReadonlySet<ClientMessage['type']> = new Set(['ticket', 'next', 'leave'])

/** An encoded message, with its type. */
export interface Frame {
  readonly type: ClientMessage['type']
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Counts the frames that a session has sent and received, and keeps sent frames until the server is known
 * to have them. With these, a session can be resumed without losing or repeating a message
 * (`docs/protocol.md`, Resume).
 */
export class FrameLedger {
  #received = 0
  #kept: Frame[] = []
  #keptBytes = 0
  /** The number of frames that are not kept any more. They were sent before the kept ones. */
  #forgotten = 0
  /** The number of frames that were written to a connection, except those that must be written again. */
  #written = 0

  /** The number of frames received, not counting `welcome`. */
  get received(): number {
    return this.#received
  }

  handleReceived(): void {
    this.#received++
  }

  /** The number of frames that the server may have. Does not count frames that still wait to be written. */
  get written(): number {
    return this.#written
  }

  /** The frame to write next; undefined if none waits. */
  get due(): Frame | undefined {
    return this.#unwritten[0]
  }

  /** Whether one of the waiting frames ends the present room. */
  get endsRoom(): boolean {
    return this.#unwritten.some(({ type }) => roomEnds.has(type))
  }

  /**
   * Moves the first waiting frame that is not a text before all waiting texts. Returns false if only texts
   * wait.
   */
  overtakeTexts(): boolean {
    const due = this.#written - this.#forgotten
    const index = this.#unwritten.findIndex(({ type }) => type !== 'text')
    if (index < 0) return false
    this.#kept.splice(due, 0, ...this.#kept.splice(due + index, 1))
    return true
  }

  /** Called when the frame that was `due` has been written. */
  handleWritten(): void {
    this.#written++
  }

  /** Adds a frame to write. If the frames exceed the limit, drops the oldest ones. */
  keep(frame: Frame): void {
    this.#kept.push(frame)
    this.#keptBytes += frame.bytes.length
    while (this.#keptBytes > maxKeptBytes) this.#forgetOldest()
  }

  /** Returns whether `frame` can be kept without dropping a frame that still waits to be written. */
  hasRoomFor(frame: Frame): boolean {
    return byteLength([...this.#unwritten, frame]) <= maxKeptBytes
  }

  /**
   * Called when a session is resumed. The server has the session's first `count` frames. All later ones
   * have to be written again.
   * @returns false if a later frame is not kept any more, or if `count` exceeds the number of frames
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
