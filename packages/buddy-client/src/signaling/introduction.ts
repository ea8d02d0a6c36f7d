import type { MessageOf } from '@buddy-chat/protocol'
import type { ResolvedOptions, TokenSource } from '../options.ts'
import { asReceived } from './as-received.ts'
import { toTicket } from './message-conversion.ts'
import { socketUrl } from './server-url.ts'

/** What a client opens each connection with, the first and later ones. */
export interface Introduction {
  /** WebSocket address. */
  readonly url: string
  readonly hello: Omit<MessageOf<'hello'>, 'token' | 'resume'>
  /** An empty string means no token. */
  readonly token: TokenSource
}

/** Name and version of this package, sent to the server. A test compares it with `package.json`. */
const clientName = 'buddy-chat-js 0.0.0'

/**
 * Validates the options that the server is sent, and resolves the server's address.
 * @throws BuddyError `invalid-options`, naming the option; `insecure-server`
 */
export function toIntroduction(
  options: ResolvedOptions,
  baseUrl: string | undefined,
): Introduction {
  const { server, token, name, site } = options
  const hello = { type: 'hello', name, site, client: clientName } as const
  const known = typeof token === 'string' ? token : null
  const url = socketUrl(server, baseUrl)
  asReceived({ ...hello, token: known, resume: null }, 'invalid-options')
  asReceived(toTicket(options), 'invalid-options')
  return { url, hello, token }
}
