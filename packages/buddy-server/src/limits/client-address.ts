import { BlockList, isIP } from 'node:net'
import type { Upgrade } from '../transport/transport.ts'

/**
 * Defines which entry of `X-Forwarded-For` is trusted: by its position from the end, or by the addresses of
 * the proxies.
 */
export interface ProxyTrust {
  readonly trustedProxyHops: number
  readonly trustedProxies: readonly string[]
}

/**
 * Returns the canonical spelling of an address, without a port. An IPv4-mapped IPv6 address becomes IPv4.
 * Returns an empty text if `text` is not an address.
 */
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

/**
 * Returns the first 64 bits of an IPv6 address. The rest is ignored, because a provider assigns at least a
 * /64 to each customer, who can use any address in it.
 */
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

/**
 * Returns the key by which limits and bans compare an address. It is the IPv4 address itself, or the /64
 * network of an IPv6 address.
 */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  return isIP(plain) === 6 ? network64(plain) : plain || address
}

/**
 * Creates a function that returns a client's address. By default no proxy is trusted, and the address is that
 * of the TCP peer. With `trustedProxyHops`, it is the entry of `X-Forwarded-For` at this position from the
 * end. With `trustedProxies`, if the TCP peer is one of them, it is the last entry that is not a trusted
 * proxy. All earlier entries are ignored, because the client may have written them.
 */
export function createClientAddress({
  trustedProxyHops,
  trustedProxies,
}: ProxyTrust): (upgrade: Pick<Upgrade, 'remoteAddress' | 'forwardedFor'>) => string {
  const proxies = new BlockList()
  for (const range of trustedProxies) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(prefix), family)
  }
  const isProxy = (address: string): boolean =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return ({ remoteAddress, forwardedFor }) => {
    const peer = plainAddress(remoteAddress)
    const seen = forwardedFor.split(',').map(plainAddress)
    if (trustedProxyHops > 0) return seen.at(-trustedProxyHops) || peer
    let address = peer
    while (isProxy(address)) {
      const previous = seen.pop()
      if (!previous) break
      address = previous
    }
    return address
  }
}
