import type { Field } from './field-codec.ts'
import type { Message } from './messages.ts'
import { messageTypeOf, messages } from './messages.ts'
import type { FrameBytes, Msgpack, WireValue } from './msgpack.ts'
import { msgpack } from './msgpack.ts'
import { ProtocolError } from './protocol-error.ts'

/** The two functions of {@link createCodec}. They are {@link encode} and {@link decode}. */
export interface Codec {
  encode(this: void, message: Message): FrameBytes
  decode(this: void, frame: Uint8Array): Message | undefined
}

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
 * Creates functions like {@link encode} and {@link decode} on another implementation of msgpack, for a
 * platform that has a faster one.
 */
export function createCodec({ pack, unpack }: Msgpack): Codec {
  return {
    encode(message) {
      const { number, maxBytes } = messages[message.type]
      const fields = fieldsOf(message.type).write(message, message.type) as readonly WireValue[]
      const frame = pack([number, ...fields])
      if (frame.length > maxBytes) {
        throw new ProtocolError(
          'frame-too-large',
          `${message.type} has more than ${maxBytes} bytes`,
        )
      }
      return frame
    },

    decode(frame) {
      const number = peekNumber(frame)
      if (number === undefined) {
        throw new ProtocolError('malformed-frame', 'the frame is not one msgpack array, type first')
      }
      const type = messageTypeOf(number)
      if (type === undefined) return undefined
      const { maxBytes } = messages[type]
      if (frame.length > maxBytes) {
        throw new ProtocolError('frame-too-large', `${type} has more than ${maxBytes} bytes`)
      }
      const [, ...fields] = unpack(frame)
      return { type, ...fieldsOf(type).read(fields, type) } as Message
    },
  }
}

const codec = createCodec(msgpack)

/**
 * Encodes a message as one frame. Later calls do not change the memory that is returned.
 * @throws ProtocolError `invalid-field` or `frame-too-large`
 */
export const encode: Codec['encode'] = codec.encode

/**
 * Decodes the message in a frame and checks every field. Returns undefined if this version does not know the
 * message, because a receiver ignores such a frame, whatever its content. Fields after the last known one
 * are ignored too.
 * @throws ProtocolError `malformed-frame`, `invalid-field` or `frame-too-large`
 */
export const decode: Codec['decode'] = codec.decode
