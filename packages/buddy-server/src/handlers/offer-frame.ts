import type { MessageOf } from '@buddy-chat/protocol'
import { encode } from '../codec.ts'

/** Encodes the offer of a `ticket` or `next` as the `signal` frame that the partner receives. */
export function offerFrame(offer: MessageOf<'ticket'>['offer']): Uint8Array | undefined {
  return offer ? encode({ type: 'signal', ...offer }) : undefined
}
