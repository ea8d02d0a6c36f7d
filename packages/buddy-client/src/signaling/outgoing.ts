import type { ClientMessage, MessageOf } from '@buddy-chat/protocol'
import { encode, ProtocolError } from '@buddy-chat/protocol'
import type { BuddyErrorCode } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import type { PeerSignal } from '../signal.ts'
import { socketUrl } from './server-url.ts'
import type { Introduction } from './signaling-channel.ts'

/** Says to the operator which software is speaking. */
const clientName = 'buddy-chat-js'

/**
 * What a connection is opened with.
 * @throws BuddyError `invalid-options` where the server could not be sent what these options say
 */
export function toOpening(options: ResolvedOptions, baseUrl: string | undefined): Introduction {
  const { server, token } = options
  const hello = toHello(options)
  const known = typeof token === 'string' ? token : null
  const url = socketUrl(server, baseUrl)
  assertSendable({ ...hello, token: known, resume: null }, 'invalid-options')
  assertSendable(toTicket(options), 'invalid-options')
  return { url, hello, token }
}

/** The first message of a connection, but for what is known only then. */
function toHello({ name, site }: ResolvedOptions): Omit<MessageOf<'hello'>, 'token' | 'resume'> {
  return { type: 'hello', name, site, client: clientName }
}

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

/**
 * Returns where the protocol can carry `message`.
 * @throws BuddyError `code`, naming the field and its limit
 */
export function assertSendable(message: ClientMessage, code: BuddyErrorCode): void {
  try {
    encode(message)
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    throw new BuddyError(code, cause.message, { cause })
  }
}
