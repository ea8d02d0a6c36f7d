// The grammar of STUN and TURN URLs. A browser refuses to open any call with one URL outside of it.
import { isIPv4, isIPv6 } from 'node:net'

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

function hostFault(host: string): string | undefined {
  if (host === '') return 'with a host after the scheme'
  if (host.startsWith('[')) {
    // A zone (%eth0) means something on one machine only; isIPv6 takes it.
    const isAddress = isIPv6(host.slice(1, -1)) && host.endsWith(']') && !host.includes('%')
    return isAddress ? undefined : 'with an IPv6 address between the brackets'
  }
  if (host.includes(':')) return 'with one port, and an IPv6 address in brackets'
  if (/[^\0-\x7f]/.test(host)) return 'with a host in ASCII (xn--… for other letters)'
  const labels = host.replace(/\.$/, '').split('.')
  if (/^\d+$/.test(labels.at(-1) ?? '')) {
    return isIPv4(host) ? undefined : 'with an IPv4 address of four numbers up to 255'
  }
  const isName = host.length <= 253 && labels.every((each) => label.test(each))
  return isName ? undefined : 'with a host name of letters, digits, dots and dashes'
}

/**
 * What a STUN or TURN URL must be and is not (RFC 7064 §3.1, RFC 7065 §3.1), to go on from "it must be";
 * undefined: nothing. Stricter than those in that `scheme` and `transport` are in lower case (Firefox
 * accepts no other `transport`) and `transport` is one that browsers have.
 */
export function iceUrlFault(url: string): string | undefined {
  const [, scheme, rest = ''] = /^(stuns?|turns?):(.*)$/s.exec(url) ?? []
  if (scheme === undefined) return 'a stun:, stuns:, turn: or turns: URL, the scheme in lower case'
  if (/\s/.test(rest)) return 'without blanks'
  if (rest.startsWith('//')) return `written ${scheme}:host or ${scheme}:host:port, without //`
  if (rest.includes('@')) return 'without a user name: username and credential stand beside the URL'
  const [authority = '', ...queries] = rest.split('?')
  if (/[/#]/.test(authority)) return 'without a path or a fragment'
  if (queries.length > 0) {
    if (scheme.startsWith('stun')) return `without a query, which a ${scheme}: URL never has`
    if (!/^transport=(udp|tcp)$/.test(queries.join('?'))) {
      return 'with no query but ?transport=udp or ?transport=tcp, in lower case'
    }
  }
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(authority)
  if (!parts) return hostFault(authority)
  const [, host = '', port] = parts
  if (port !== undefined && !isPort(port)) return 'with a port from 1 to 65535'
  return hostFault(host)
}

const isPort = (port: string): boolean =>
  /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535

/** A URL as an error may repeat it: nothing that could be a credential, and no more than 80 characters. */
export function shownIceUrl(url: string): string {
  const [, scheme, rest = ''] = /^((?:stun|turn)s?:(?:\/\/)?)(.*)$/is.exec(url) ?? []
  if (scheme === undefined) return '…'
  const withoutUser = rest.replace(/^.*@/s, '…@')
  const withoutQuery = withoutUser.replace(/\?(?!transport=\w{0,8}$).*$/is, '?…')
  const shown = (scheme + withoutQuery).replace(/[^\x20-\x7e…]/g, '\u{fffd}')
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}
