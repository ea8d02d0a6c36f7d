import type { ClientMessage } from '@buddy-chat/protocol'
import { decode, encode, ProtocolError } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'

/**
 * Returns `message` as its receiver will decode it: encoding makes text well-formed Unicode.
 * @throws BuddyError `code`, naming the field and its limit, if the protocol cannot carry the message
 */
export function asReceived<T extends ClientMessage>(message: T, code: BuddyErrorCode): T {
  try {
    return decode(encode(message)) as T
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new BuddyError(code, cause.message, { cause })
  }
}
