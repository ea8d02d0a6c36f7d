import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'

const words: Readonly<Partial<Record<ErrorCode | CloseCode, string>>> = {
  'malformed-frame': 'Sent a malformed message',
  'invalid-field': 'Sent a message with an invalid field',
  'frame-too-large': 'Sent a message that is too large',
  'wrong-direction': 'Sent a message that only servers send',
  'hello-required': 'Sent another message before hello',
  'rate-limited': 'Exceeded a rate limit',
  'server-full': 'The server or the site is full',
  'too-many-connections': 'Too many connections from one address',
  'origin-not-allowed': 'The page’s origin is not allowed',
  'unsupported-version': 'Supports no protocol version of this server',
  internal: 'Internal error of the server',
  'unknown-site': 'The site key is unknown',
  'token-required': 'The token is missing',
  'token-invalid': 'The token is malformed, or not signed by the site',
  'token-expired': 'The token has expired',
  'token-wrong-site': 'The token is for another site',
  'not-permitted': 'Requested what the site does not allow',
  banned: 'Banned',
  refused: 'Refused by a hook of the embedding program',
  'hello-timeout': 'Sent no hello in time',
  'slow-consumer': 'Read too slowly',
  'protocol-violation': 'Violated the protocol repeatedly',
}

/** Returns a description of a refusal's reason. An unknown code is shown with spaces instead of hyphens. */
export function refusalWords(code: string): string {
  const known = Object.hasOwn(words, code) ? words[code as ErrorCode | CloseCode] : undefined
  if (known !== undefined) return known
  const spaced = code.replaceAll('-', ' ')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
