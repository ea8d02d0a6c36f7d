import type { MessageOf } from '@buddy-chat/protocol'
import { ProtocolError } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'

/**
 * Encodes the offer of a `ticket` or `next` as the `signal` frame that the partner receives. A ticket may be longer
 * than a signal; the result is undefined if the offer does not fit into one.
 */
export function offerFrame(offer: MessageOf<'ticket'>['offer']): Uint8Array | undefined {
  if (!offer) return undefined
  try {
    return encode({ type: 'signal', ...offer })
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'frame-too-large') return undefined
    throw error
  }
}
