import type { MessageOf } from '@buddy-chat/protocol'
import type { ResolvedOptions } from '../options.ts'
import type { PeerSignal } from '../signal.ts'

/** The wish to be matched. */
export function toTicket(
  options: ResolvedOptions,
  offer: PeerSignal | null = null,
): MessageOf<'ticket'> {
  const { mode, lobby, interests, languages } = options
  return { type: 'ticket', mode, lobby, interests, languages, offer: offer && toSignal(offer) }
}

/** A signal with nil for what browsers leave undefined. */
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

/** ICE servers from the wire, as browsers take them. */
export function toIceServers(iceServers: MessageOf<'ice-servers'>['iceServers']): RTCIceServer[] {
  return iceServers.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username !== null && { username }),
    ...(credential !== null && { credential }),
  }))
}
