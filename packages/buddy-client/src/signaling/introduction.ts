import type { MessageOf } from '@buddy-chat/protocol'
import type { ResolvedOptions, TokenSource } from '../options.ts'
import { asReceived } from './as-received.ts'
import { toTicket } from './message-conversion.ts'
import { socketUrl } from './server-url.ts'
import { version } from '../version.ts'

/** The data with which a client opens its first connection and all later ones. */
export interface Introduction {
  /** The address of the WebSocket. */
  readonly url: string
  readonly hello: Omit<MessageOf<'hello'>, 'token' | 'resume'>
  /** An empty string means no token. */
  readonly token: TokenSource
}

/** The name and version of this package, for `hello`. */
const clientName = `buddy-chat-js ${version}`

/**
 * Validates the options that are sent to the server, and resolves the server's address.
 * @throws BuddyError `invalid-options`, whose message names the option; `server-missing`; `insecure-server`
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
