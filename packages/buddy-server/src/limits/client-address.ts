import { BlockList, isIP } from 'node:net'
import type { Upgrade } from '../transport/transport.ts'

/** Which `X-Forwarded-For` is believed: so many steps from its end, or from proxies known by address. */
export interface ProxyTrust {
  readonly trustedProxyHops: number
  readonly trustedProxies: readonly string[]
}

/** One spelling for each address: IPv4 seen through IPv6 is IPv4, anything that is none is empty. */
function plainAddress(text: string): string {
  const bare = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^(\d+(\.\d+){3}):\d+$/, '$1')
  const address = bare.replace(/%.*$/, '').toLowerCase()
  const mapped = /^(?:0{0,4}:){2,6}(?:0{0,4}:)*ffff:(.+)$/.exec(address)?.[1]
  if (mapped !== undefined) {
    if (isIP(mapped) === 4) return mapped
    const halves = mapped.split(':').map((half) => Number.parseInt(half, 16))
    if (halves.length === 2) {
      return halves.flatMap((half) => [half >> 8, half & 255]).join('.')
    }
  }
  return isIP(address) === 0 ? '' : address
}

/** The first 64 bits of an IPv6 address: what one customer of a provider has at least. */
function network64(address: string): string {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing =
    tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const all = [
    ...groups,
    ...Array<string>(Math.max(0, missing)).fill('0'),
    ...(tail || '').split(':'),
  ]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group || '0', 16).toString(16))
  return `${network.join(':')}::/64`
}

/** What limits count by: an IPv4 address, or the /64 network of an IPv6 address. */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  return isIP(plain) === 6 ? network64(plain) : plain || address
}

/**
 * Reads a client's address: the TCP peer's, unless that is a proxy of our own. Then it is the last
 * address of `X-Forwarded-For` that no proxy of ours has; whatever stands further left, the client
 * may have written itself. By default nothing is believed.
 */
export function createClientAddress({
  trustedProxyHops,
  trustedProxies,
}: ProxyTrust): (upgrade: Pick<Upgrade, 'remoteAddress' | 'forwardedFor'>) => string {
  const ours = new BlockList()
  for (const range of trustedProxies) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) ours.addAddress(address, family)
    else ours.addSubnet(address, Number(prefix), family)
  }
  const isOurs = (address: string): boolean =>
    isIP(address) !== 0 && ours.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return ({ remoteAddress, forwardedFor }) => {
    const peer = plainAddress(remoteAddress)
    const seen = forwardedFor.split(',').map(plainAddress)
    if (trustedProxyHops > 0) return seen.at(-trustedProxyHops) || peer
    let address = peer
    while (isOurs(address)) {
      const previous = seen.pop()
      if (!previous) break
      address = previous
    }
    return address
  }
}
