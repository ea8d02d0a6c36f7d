import type { MessageOf } from '@buddy-chat/protocol'
import { BuddyError } from '../errors.ts'
import type { ResolvedOptions, TokenSource } from '../options.ts'
import { asReceived } from './as-received.ts'
import { toTicket } from './message-conversion.ts'
import { socketUrl } from './server-url.ts'

/** How a client introduces itself, at first and after every loss. */
export interface Introduction {
  /** WebSocket address. */
  readonly url: string
  readonly hello: Omit<MessageOf<'hello'>, 'token' | 'resume'>
  /** Empty text is none. */
  readonly token: TokenSource
}

/** Name and version of this package, for the server. A test compares it with `package.json`. */
const clientName = 'buddy-chat-js 0.0.0'

/**
 * What a connection is opened with.
 * @throws BuddyError `invalid-options` where the server could not be sent what these options say
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

/**
 * What the page's function gives.
 * @throws BuddyError (as a rejection) `token-invalid` where it fails, or gives what cannot be sent
 */
export async function askForToken(
  hello: Introduction['hello'],
  ask: () => string | Promise<string>,
): Promise<string> {
  try {
    const token = await ask()
    asReceived({ ...hello, token, resume: null }, 'token-invalid')
    return token
  } catch (cause) {
    const message = `the page gave no token: ${(cause as Error)?.message ?? String(cause)}`
    throw new BuddyError('token-invalid', message, { cause })
  }
}
