import { isUtf8 } from 'node:buffer'
import type { ClientMessage, MessageType } from '@buddy-chat/protocol'
import { checkStructure, messages, ProtocolError } from '@buddy-chat/protocol'
import type { Verdict } from '../limits/frame-limits.ts'
import { FrameLimits } from '../limits/frame-limits.ts'

/**
 * The server answers this many violations with an error only. The next violation also closes the connection.
 */
const maxViolations = 4

/** Checks the rates of one connection, and counts its violations of the protocol. */
export class FrameGate {
  #limits = new FrameLimits()
  #violations = 0

  /** From now on, counts frames in the limits of a session. They outlive the connection. */
  useLimits(limits: FrameLimits): void {
    this.#limits = limits
  }

  /** Returns whether the rates allow this frame. `type` is undefined if this server does not know it. */
  judge(type: MessageType | undefined, byteLength: number, nowMs: number): Verdict {
    return this.#limits.judge(type, byteLength, nowMs)
  }

  /** Counts a WebSocket ping, or a pong that answers no ping. Returns false if there were too many. */
  allowsControlFrame(nowMs: number): boolean {
    return this.#limits.allowsControlFrame(nowMs)
  }

  /** Counts a violation. Returns whether the connection must be closed because of it. */
  countViolation(): boolean {
    return ++this.#violations > maxViolations
  }
}

/**
 * Checks a frame's type, length and direction. Frames for the partner are not decoded, so their msgpack
 * structure is checked here too.
 * @param number the message number of the frame; undefined if the frame does not begin like a message
 * @param type the message type with that number; undefined if this server knows none
 * @param hasSession whether the connection has a session. Without one, only `hello` is allowed.
 * @returns the message type; undefined if the frame must be ignored
 * @throws ProtocolError if the frame breaks the protocol
 */
export function checkFrame(
  frame: Uint8Array,
  number: number | undefined,
  type: MessageType | undefined,
  hasSession: boolean,
): ClientMessage['type'] | undefined {
  if (number === undefined) {
    throw new ProtocolError(
      'malformed-frame',
      'a frame must be binary: one msgpack array, type first',
    )
  }
  // The type belongs to a later minor version of the protocol. The protocol demands that receivers ignore it.
  if (type === undefined) return undefined
  const { direction, maxBytes } = messages[type]
  if (frame.length > maxBytes) {
    throw new ProtocolError('frame-too-large', `${type} has at most ${maxBytes} bytes`)
  }
  if (direction === 'server') {
    throw new ProtocolError('wrong-direction', `only servers send ${type}`)
  }
  if (!hasSession && type !== 'hello') {
    throw new ProtocolError('hello-required', `hello must come before ${type}`)
  }
  if (direction === 'partner') checkStructure(frame, isUtf8)
  return type as ClientMessage['type']
}
