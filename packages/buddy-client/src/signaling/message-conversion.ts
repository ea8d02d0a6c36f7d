import type { MessageOf } from '@buddy-chat/protocol'
import { toCriteriaFields } from '../criteria.ts'
import type { ResolvedOptions } from '../options.ts'
import type { PeerSignal } from '../signal.ts'

/** Creates the `ticket` message with which a client enters the queue. */
export function toTicket(
  options: ResolvedOptions,
  offer: MessageOf<'signal'> | null = null,
): MessageOf<'ticket'> {
  const { mode, lobby } = options
  return { type: 'ticket', mode, lobby, offer, ...toCriteriaFields(options) }
}

/** Creates a `signal` message. Fields that browsers leave undefined become null. */
export function toSignal({
  description,
  candidates,
  sending,
  generation,
}: PeerSignal): MessageOf<'signal'> {
  return {
    type: 'signal',
    description,
    candidates: candidates.map((candidate) => ({
      candidate: candidate.candidate ?? '',
      sdpMid: candidate.sdpMid ?? null,
      sdpMLineIndex: candidate.sdpMLineIndex ?? null,
      usernameFragment: candidate.usernameFragment ?? null,
    })),
    sending,
    generation,
  }
}

/** Converts the ICE servers of a message to the form that `RTCPeerConnection` takes. */
export function toIceServers(iceServers: MessageOf<'ice-servers'>['iceServers']): RTCIceServer[] {
  return iceServers.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username !== null && { username }),
    ...(credential !== null && { credential }),
  }))
}
