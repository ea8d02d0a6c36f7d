import type { MessageOf } from '@buddy-chat/protocol'
import type { ResolvedOptions, TokenSource } from '../options.ts'
import { asReceived } from './as-received.ts'
import { toTicket } from './message-conversion.ts'
import { socketUrl } from './server-url.ts'
import { version } from '../version.ts'
import type { VisitorStorage } from './visitor-token.ts'
import { VisitorToken } from './visitor-token.ts'

/** The data with which a client opens its first connection and all later ones. */
export interface Introduction {
  /** The address of the WebSocket. */
  readonly url: string
  readonly hello: Omit<MessageOf<'hello'>, 'token' | 'resume' | 'visitor' | 'proof'>
  /** An empty string means no token. */
  readonly token: TokenSource
  /** An empty string means no proof. */
  readonly proof: TokenSource
  readonly visitor: VisitorToken
}

/** The name and version of this package, for `hello`. */
const clientName = `buddy-chat-js ${version}`

/**
 * Validates the options that are sent to the server, and resolves the server's address. With
 * `visitorStorage: 'none'`, deletes the visitor token that is in the storage.
 * @throws BuddyError `invalid-options`, whose message names the option; `server-missing`; `insecure-server`
 */
export function toIntroduction(
  options: ResolvedOptions,
  baseUrl: string | undefined,
  storage: () => VisitorStorage | undefined = () => undefined,
): Introduction {
  const { server, token, proof, name, site, visitorStorage } = options
  const hello = { type: 'hello', name, site, client: clientName } as const
  const known = typeof token === 'string' ? token : null
  const url = socketUrl(server, baseUrl)
  const knownProof = typeof proof === 'string' ? proof : null
  asReceived({ ...hello, token: known, resume: null, proof: knownProof }, 'invalid-options')
  asReceived(toTicket(options), 'invalid-options')
  const visitor = new VisitorToken(url, site, storage, visitorStorage === 'local')
  return { url, hello, token, proof, visitor }
}
