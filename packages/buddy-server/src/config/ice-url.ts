// The grammar of STUN and TURN URLs. If one URL does not follow it, browsers refuse to create the peer
// connection at all.
import { isIPv4, isIPv6 } from 'node:net'

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

function hostFault(host: string): string | undefined {
  if (host === '') return 'a host is missing after the scheme'
  if (host.startsWith('[')) {
    // `isIPv6` accepts a zone such as %eth0. It is refused here, because it has a meaning on one machine
    // only.
    const isAddress = isIPv6(host.slice(1, -1)) && host.endsWith(']') && !host.includes('%')
    return isAddress ? undefined : 'the brackets must contain an IPv6 address'
  }
  if (host.includes(':')) return 'it may have one port, and an IPv6 address needs brackets'
  if (/[^\0-\x7f]/.test(host)) return 'the host must be ASCII (xn--… for other letters)'
  const labels = host.replace(/\.$/, '').split('.')
  if (/^\d+$/.test(labels.at(-1) ?? '')) {
    return isIPv4(host) ? undefined : 'an IPv4 address has four numbers up to 255'
  }
  const isName = host.length <= 253 && labels.every((each) => label.test(each))
  return isName ? undefined : 'a host name has letters, digits, dots and dashes only'
}

/**
 * Returns what is wrong with a STUN or TURN URL, as a clause. Undefined if the URL is valid (RFC 7064 §3.1,
 * RFC 7065 §3.1). The function is stricter than these RFCs. `scheme` and `transport` must be in lower case,
 * because Firefox accepts `transport` only so. And `transport` must be one that browsers know.
 */
export function iceUrlFault(url: string): string | undefined {
  const [, scheme, rest = ''] = /^(stuns?|turns?):(.*)$/s.exec(url) ?? []
  if (scheme === undefined) {
    return 'it must be a stun:, stuns:, turn: or turns: URL, with the scheme in lower case'
  }
  if (/\s/.test(rest)) return 'it must not contain spaces'
  if (rest.startsWith('//')) return `write ${scheme}:host or ${scheme}:host:port, without //`
  if (rest.includes('@')) {
    return 'it must not contain a user name: set username and credential beside the URL'
  }
  const [authority = '', ...queries] = rest.split('?')
  if (/[/#]/.test(authority)) return 'it must not have a path or a fragment'
  if (queries.length > 0) {
    if (scheme.startsWith('stun')) return `a ${scheme}: URL has no query`
    if (!/^transport=(udp|tcp)$/.test(queries.join('?'))) {
      return 'the query must be ?transport=udp or ?transport=tcp, in lower case'
    }
  }
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(authority)
  if (!parts) return hostFault(authority)
  const [, host = '', port] = parts
  if (port !== undefined && !isPort(port)) return 'the port must be from 1 to 65535'
  return hostFault(host)
}

/** The parts of a STUN or TURN URL. */
export interface IceUrlParts {
  readonly scheme: 'stun' | 'stuns' | 'turn' | 'turns'
  /** The host name or address. An IPv6 address has no brackets. */
  readonly host: string
  readonly port: number
  /** How a client reaches the server. `tls` is TLS over TCP, `dtls` is TLS over UDP. */
  readonly transport: 'udp' | 'tcp' | 'tls' | 'dtls'
}

/**
 * Returns the parts of a valid STUN or TURN URL. If it has no port or transport, the defaults apply: 3478,
 * 5349 with TLS (RFC 7064 §3.2, RFC 7065 §3.2).
 */
export function partsOfIceUrl(url: string): IceUrlParts {
  const pattern = /^(stuns?|turns?):(?:\[(.*)\]|([^:?]*))(?::(\d+))?(?:\?transport=(udp|tcp))?$/
  const [, scheme, address, name, port, wanted] = pattern.exec(url) ?? []
  if (scheme === undefined) throw new TypeError(`the ICE URL ${shownIceUrl(url)} is invalid`)
  const isSecure = scheme.endsWith('s')
  const isTcp = wanted === undefined ? isSecure : wanted === 'tcp'
  return {
    scheme: scheme as IceUrlParts['scheme'],
    host: address ?? name ?? '',
    port: port === undefined ? (isSecure ? 5349 : 3478) : Number(port),
    transport: isSecure ? (isTcp ? 'tls' : 'dtls') : isTcp ? 'tcp' : 'udp',
  }
}

const isPort = (port: string): boolean =>
  /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535

/**
 * Returns the part of the URL that an error message may show. It contains nothing that could be a credential,
 * and has at most 80 characters.
 */
export function shownIceUrl(url: string): string {
  const [, scheme, rest = ''] = /^((?:stun|turn)s?:(?:\/\/)?)(.*)$/is.exec(url) ?? []
  if (scheme === undefined) return '…'
  const withoutUser = rest.replace(/^.*@/s, '…@')
  const withoutQuery = withoutUser.replace(/\?(?!transport=\w{0,8}$).*$/is, '?…')
  const shown = (scheme + withoutQuery).replace(/[^\x20-\x7e…]/g, '\u{fffd}')
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}
