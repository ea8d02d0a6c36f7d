import type { ClientMessage } from '@buddy-chat/protocol'

/** Frames kept to be sent again, in bytes; more than a call and a long conversation need. */
const maxKeptBytes = 262_144

/** After these one is in another room, or in none. */
const roomEnds: ReadonlySet<ClientMessage['type']> = new Set(['ticket', 'next', 'leave'])

/** A message as it goes out. */
export interface Frame {
  readonly type: ClientMessage['type']
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * What both ends count so that nothing is lost or said twice when a connection breaks: frames
 * received of a session, and frames sent that the server may not have (`docs/protocol.md`, Resume).
 */
export class FrameLedger {
  #received = 0
  #kept: Frame[] = []
  #keptBytes = 0
  /** How many frames there were before the oldest that is kept. */
  #forgotten = 0
  /** How many the server has, or may have from its latest connection. */
  #written = 0

  /** Frames received, without any `welcome`. */
  get received(): number {
    return this.#received
  }

  handleReceived(): void {
    this.#received++
  }

  /** Frames that the server may have: not those that only wait to be given to a connection (again). */
  get written(): number {
    return this.#written
  }

  /** What the connection is to be given next; undefined where it has everything. */
  get due(): Frame | undefined {
    return this.#unwritten[0]
  }

  /** Whether what is due ends the room one is in, or is in front of something that does. */
  get endsRoom(): boolean {
    return this.#unwritten.some(({ type }) => roomEnds.has(type))
  }

  /** Puts the first that is no text in front of the texts that are due. False where there is none. */
  overtakeTexts(): boolean {
    const due = this.#written - this.#forgotten
    const index = this.#unwritten.findIndex(({ type }) => type !== 'text')
    if (index < 0) return false
    this.#kept.splice(due, 0, ...this.#kept.splice(due + index, 1))
    return true
  }

  /** The connection was given what was due. */
  handleWritten(): void {
    this.#written++
  }

  /** Keeps a frame that is to be sent; the oldest are forgotten beyond the bound. */
  keep(frame: Frame): void {
    this.#kept.push(frame)
    this.#keptBytes += frame.bytes.length
    while (this.#keptBytes > maxKeptBytes) this.#forgetOldest()
  }

  /** Whether `frame` can be kept without forgetting another that is not written: that may not be lost. */
  hasRoomFor(frame: Frame): boolean {
    return byteLength([...this.#unwritten, frame]) <= maxKeptBytes
  }

  /**
   * The server has the first `count` frames: those it lacks are due to its new connection.
   * @returns false where some of these are not kept, or it claims more than were sent
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
