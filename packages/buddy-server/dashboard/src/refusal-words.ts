import type { CloseCode, ErrorCode } from '@buddy-chat/protocol'

const words: Readonly<Partial<Record<ErrorCode | CloseCode, string>>> = {
  'malformed-frame': 'Sent something that is no message',
  'invalid-field': 'Sent a message with a field that cannot be',
  'frame-too-large': 'Sent a message that is too long',
  'wrong-direction': 'Sent what only a server sends',
  'hello-required': 'Did not say hello first',
  'rate-limited': 'Sent too much in too short a time',
  'server-full': 'The server or the site is full',
  'too-many-connections': 'Too many connections from one address',
  'origin-not-allowed': 'The page’s origin is not on the list',
  'unsupported-version': 'Speaks no version this server knows',
  internal: 'The server failed',
  'unknown-site': 'Named a site that is none of this server’s',
  'token-required': 'Came without a token',
  'token-invalid': 'The token is not signed by the site, or is none',
  'token-expired': 'The token is too old',
  'token-wrong-site': 'The token is for another site',
  'not-permitted': 'Asked for what the site does not allow',
  banned: 'Shut out by the operator',
  refused: 'Refused by the program the server is part of',
  'hello-timeout': 'Connected and said nothing',
  'slow-consumer': 'Read too slowly, and was cut',
  'protocol-violation': 'Broke the protocol again and again',
}

/** Why somebody was refused, for a person to read; a code unknown here is taken for words itself. */
export function refusalWords(code: string): string {
  const known = Object.hasOwn(words, code) ? words[code as ErrorCode | CloseCode] : undefined
  if (known !== undefined) return known
  const spaced = code.replaceAll('-', ' ')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
