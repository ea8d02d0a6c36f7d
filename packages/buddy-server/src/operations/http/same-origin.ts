// Proof that a request which changes something was not sent by a page of another origin. The admin token alone
// is no proof, because a browser that has it as the password of HTTP Basic adds it to requests of any page.
import type { HttpRequest } from '../../transport/transport.ts'

/** Why a request that changes something is refused, even with the right token. */
export interface ProofRefusal {
  readonly status: 403 | 415
  readonly error: 'cross-origin' | 'bearer-required' | 'json-required'
  readonly message: string
}

const crossOrigin: ProofRefusal = {
  status: 403,
  error: 'cross-origin',
  message:
    'only pages of this server may send this request. If this is such a page, a proxy has changed the Host header',
}

const bearerRequired: ProofRefusal = {
  status: 403,
  error: 'bearer-required',
  message: 'a request without Origin must send the admin token as "Authorization: Bearer"',
}

const jsonRequired: ProofRefusal = {
  status: 415,
  error: 'json-required',
  message: 'the body must be JSON, with the header "Content-Type: application/json"',
}

const defaultPorts: Readonly<Record<string, RegExp>> = { http: /:80$/, https: /:443$/ }

/**
 * Returns whether an `Origin` header names the host in the `Host` header. Schemes are not compared, because a
 * proxy may terminate TLS. The default port of the origin's scheme may be left out in either.
 */
function isOriginOf(origin: string, host: string): boolean {
  const [, scheme = '', pageHost = ''] = /^(https?):\/\/([^/?#@,\s]+)$/.exec(origin) ?? []
  const port = defaultPorts[scheme]
  if (!port) return false
  const plain = (name: string): string => name.toLowerCase().replace(port, '')
  return plain(pageHost) === plain(host)
}

/**
 * Checks that no page of another origin has sent this request. A browser sends the relation of the origins in
 * `Sec-Fetch-Site`, which pages cannot set; over http, and in old browsers, it sends only `Origin`. A program
 * sends neither, and has to send the token as `Bearer`, which no browser adds by itself. In addition the body
 * has to be JSON, which a form cannot send, and which a page may send to another origin only if that origin
 * allows it beforehand.
 * @returns undefined if the request may be handled
 */
export function refuseWithoutProof({ header }: HttpRequest): ProofRefusal | undefined {
  const site = header('sec-fetch-site')
  const origin = header('origin')
  if (site !== '') {
    if (site !== 'same-origin') return crossOrigin
  } else if (origin !== '') {
    if (!isOriginOf(origin, header('host'))) return crossOrigin
  } else if (!/^bearer\s/i.test(header('authorization'))) return bearerRequired
  return /^application\/json\s*(;|$)/i.test(header('content-type')) ? undefined : jsonRequired
}
