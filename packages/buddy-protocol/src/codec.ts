import { Packr } from 'msgpackr'
import type { Field } from './field-codec.ts'
import type { Message } from './messages.ts'
import { messageTypeOf, messages } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { checkStructure } from './check-structure.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/**
 * Returns the message number in the second byte of `frame`, without decoding the frame. Undefined if the
 * frame does not begin like a message.
 */
export function peekNumber(frame: Uint8Array): number | undefined {
  const head = frame[0]
  const number = frame[1]
  if (head === undefined || number === undefined) return undefined
  return head > 0x90 && head < 0xa0 && number < 0x80 ? number : undefined
}

/**
 * Returns the fields of a message. Their static types are dropped, because callers handle every message
 * alike.
 */
function fieldsOf(type: Message['type']): Field<object> {
  return messages[type].fields as unknown as Field<object>
}

/**
 * `Uint8Array<ArrayBuffer>`, written so that TypeScript before 5.7, where `Uint8Array` has no type parameter,
 * accepts the published types too.
 */
type FrameBytes = ReturnType<Uint8ArrayConstructor['of']>

/**
 * Encodes `message` as one frame. Later calls do not change the memory that is returned.
 * @throws ProtocolError `invalid-field` or `frame-too-large`
 */
export function encode(message: Message): FrameBytes {
  const { number, maxBytes } = messages[message.type]
  const fields = fieldsOf(message.type).write(message, message.type) as unknown[]
  // A copy, because msgpackr returns a view of a buffer that it reuses, and frames wait in queues.
  const frame = new Uint8Array(packr.pack([number, ...fields]))
  if (frame.length > maxBytes) {
    throw new ProtocolError('frame-too-large', `${message.type} has more than ${maxBytes} bytes`)
  }
  return frame
}

/**
 * Decodes the message in `frame` and checks every field. Returns undefined if this version does not know
 * the message, because a receiver ignores such a frame, whatever its content. Fields after the last known
 * one are ignored too.
 * @throws ProtocolError `malformed-frame`, `invalid-field` or `frame-too-large`
 */
export function decode(frame: Uint8Array): Message | undefined {
  const number = peekNumber(frame)
  if (number === undefined) {
    throw new ProtocolError('malformed-frame', 'the frame is not one msgpack array, type first')
  }
  const type = messageTypeOf(number)
  if (type === undefined) return undefined
  checkStructure(frame)
  const { maxBytes } = messages[type]
  if (frame.length > maxBytes) {
    throw new ProtocolError('frame-too-large', `${type} has more than ${maxBytes} bytes`)
  }
  const [, ...fields] = packr.unpack(frame) as unknown[]
  return { type, ...fieldsOf(type).read(fields, type) } as Message
}
