import { expect, test } from 'vitest'
import type { HttpRequest } from '../../transport/transport.ts'
import { refuseWithoutProof } from './same-origin.ts'

const json = 'application/json'
const basic = `Basic ${btoa('operator:the-token')}`
const bearer = 'Bearer the-token'

/** The headers of a request. Undefined headers are missing. */
interface Sent {
  readonly authorization?: string
  readonly 'content-type'?: string
  readonly origin?: string
  readonly 'sec-fetch-site'?: string
  readonly host?: string
}

/** Returns the name of the refusal, or `accepted`. */
const verdict = (sent: Sent): string => {
  const headers: Readonly<Record<string, string | undefined>> = {
    host: 'chat.example:3000',
    'content-type': json,
    ...sent,
  }
  const request = { header: (name: string) => headers[name] ?? '' }
  return refuseWithoutProof(request as HttpRequest)?.error ?? 'accepted'
}

const ownOrigin = 'http://chat.example:3000'
const otherPort = 'http://chat.example:3001'

test.each<[string, Sent, string]>([
  // The headers that a browser sends for a page of this server, and for other pages.
  ['own page', { origin: ownOrigin, 'sec-fetch-site': 'same-origin' }, 'accepted'],
  [
    'own page that hides its origin',
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    'accepted',
  ],
  ['own page over http', { origin: ownOrigin }, 'accepted'],
  ['page of another port', { origin: otherPort, 'sec-fetch-site': 'same-site' }, 'cross-origin'],
  [
    'page of another site',
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'cross-origin',
  ],
  [
    'page of another site that hides its origin',
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    'cross-origin',
  ],
  [
    'page of another site with the own origin',
    { origin: ownOrigin, 'sec-fetch-site': 'cross-site' },
    'cross-origin',
  ],
  ['no page (address bar)', { 'sec-fetch-site': 'none' }, 'cross-origin'],
  ['unknown relation', { origin: ownOrigin, 'sec-fetch-site': 'same-user' }, 'cross-origin'],
  ['two relations', { 'sec-fetch-site': 'same-origin,cross-site' }, 'cross-origin'],
  ['sandboxed page over http', { origin: 'null' }, 'cross-origin'],
  ['page of another port over http', { origin: otherPort }, 'cross-origin'],
  ['page of another site over http', { origin: 'http://evil.example' }, 'cross-origin'],
  // Forms of an origin that no browser sends.
  ['origin with a path', { origin: `${ownOrigin}/` }, 'cross-origin'],
  ['origin with a user', { origin: 'http://chat.example:3000@evil.example' }, 'cross-origin'],
  ['two origins', { origin: `${ownOrigin},http://evil.example` }, 'cross-origin'],
  ['origin of another scheme', { origin: 'file://chat.example:3000' }, 'cross-origin'],
  ['origin without a scheme', { origin: 'chat.example:3000' }, 'cross-origin'],
  ['no host', { origin: 'http://', host: '' }, 'cross-origin'],
  // Hosts, as a proxy passes them on. Paths are in neither header.
  ['proxy with TLS', { origin: 'https://chat.example', host: 'chat.example' }, 'accepted'],
  [
    'proxy that names the port',
    { origin: 'https://chat.example', host: 'chat.example:443' },
    'accepted',
  ],
  [
    'page that names the port',
    { origin: 'http://chat.example:80', host: 'chat.example' },
    'accepted',
  ],
  [
    'proxy at another port',
    { origin: 'https://chat.example:8443', host: 'chat.example:8443' },
    'accepted',
  ],
  [
    'proxy that drops the port',
    { origin: 'https://chat.example:8443', host: 'chat.example' },
    'cross-origin',
  ],
  [
    'port of the other scheme',
    { origin: 'https://chat.example', host: 'chat.example:80' },
    'cross-origin',
  ],
  ['upper case', { origin: 'https://chat.example', host: 'Chat.Example' }, 'accepted'],
  ['IPv6', { origin: 'http://[::1]:3000', host: '[::1]:3000' }, 'accepted'],
  [
    'proxy that replaces the host',
    { origin: 'https://chat.example', host: '127.0.0.1:3000' },
    'cross-origin',
  ],
  [
    'proxy that replaces the host, in a browser that sends the relation',
    { origin: 'https://chat.example', host: '127.0.0.1:3000', 'sec-fetch-site': 'same-origin' },
    'accepted',
  ],
])('%s: %o is %s with Basic and with Bearer', (_what, sent, expected) => {
  for (const authorization of [basic, bearer]) {
    expect(verdict({ ...sent, authorization }), authorization).toBe(expected)
  }
})

test.each<[string, Sent, string]>([
  ['Bearer', { authorization: bearer }, 'accepted'],
  ['bearer in lower case', { authorization: 'bearer the-token' }, 'accepted'],
  ['Basic', { authorization: basic }, 'bearer-required'],
  ['no token', {}, 'bearer-required'],
  ['another scheme', { authorization: 'Digest Bearer' }, 'bearer-required'],
])('a program without Origin and with %s is %s', (_what, sent, expected) => {
  expect(verdict(sent)).toBe(expected)
})

const asPage: Sent = { authorization: basic, origin: ownOrigin, 'sec-fetch-site': 'same-origin' }
const asProgram: Sent = { authorization: bearer }

test.each<[string, string]>([
  ['application/json', 'accepted'],
  ['application/json; charset=utf-8', 'accepted'],
  ['Application/JSON', 'accepted'],
  ['', 'json-required'],
  // The types that a form can send.
  ['text/plain', 'json-required'],
  ['text/plain;application/json', 'json-required'],
  ['application/x-www-form-urlencoded', 'json-required'],
  ['multipart/form-data; boundary=application/json', 'json-required'],
  ['application/json,text/plain', 'json-required'],
  ['application/jsonp', 'json-required'],
])('content type "%s" is %s', (type, expected) => {
  expect(verdict({ ...asPage, 'content-type': type })).toBe(expected)
  expect(verdict({ ...asProgram, 'content-type': type })).toBe(expected)
})

test('names the origin first, so that another page does not learn more', () => {
  expect(verdict({ 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' })).toBe(
    'cross-origin',
  )
})
