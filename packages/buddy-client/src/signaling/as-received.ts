import type { ClientMessage } from '@buddy-chat/protocol'
import { decode, encode, ProtocolError } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'

/**
 * Returns `message` as its receiver will decode it. Lone surrogates in texts are then replaced by U+FFFD.
 * @throws BuddyError with `code`, if a field is outside its limits; the message names the field and limit
 */
export function asReceived<T extends ClientMessage>(message: T, code: BuddyErrorCode): T {
  try {
    return decode(encode(message)) as T
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new BuddyError(code, cause.message, { cause })
  }
}
