import { Packr } from 'msgpackr'
import type { Field } from './field-codec.ts'
import type { Message } from './messages.ts'
import { messageTypeOf, messages } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { checkStructure } from './check-structure.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' })

/**
 * The number of the message in `frame`, read from its second byte without decoding; undefined if the
 * frame does not begin like a message.
 */
export function peekNumber(frame: Uint8Array): number | undefined {
  const head = frame[0]
  const number = frame[1]
  if (head === undefined || number === undefined) return undefined
  return head > 0x90 && head < 0xa0 && number < 0x80 ? number : undefined
}

/** The fields of a message, for code that treats all messages alike. */
function fieldsOf(type: Message['type']): Field<object> {
  return messages[type].fields as unknown as Field<object>
}

/**
 * One frame holding `message`, in memory of its own.
 * @throws ProtocolError `invalid-field` or `frame-too-large`
 */
export function encode(message: Message): Uint8Array<ArrayBuffer> {
  const { number, maxBytes } = messages[message.type]
  const fields = fieldsOf(message.type).write(message, message.type) as unknown[]
  // msgpackr hands out a view of its buffer; what is queued for sending must not change under it.
  const frame = new Uint8Array(packr.pack([number, ...fields]))
  if (frame.length > maxBytes) {
    throw new ProtocolError('frame-too-large', `${message.type} has more than ${maxBytes} bytes`)
  }
  return frame
}

/**
 * The message in `frame`, every field checked; undefined for a type this version does not know,
 * which a receiver ignores, whatever follows it. Fields after the last known one are ignored too.
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
