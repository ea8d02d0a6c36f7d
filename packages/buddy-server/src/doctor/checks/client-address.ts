import { createClientAddress } from '../../limits/client-address.ts'
import type { CheckContext } from '../context.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import { httpGet, jsonIn } from '../../http-get.ts'
import { within } from '../../within.ts'

/** An address from a range for documentation (RFC 5737), which no visitor has. */
const forgedAddress = '192.0.2.99'

/** Addresses of two other such ranges. If a list contains both, it contains the addresses of visitors. */
const strangers = ['198.51.100.1', '203.0.113.1']

/** How the server sees a request. */
interface Seen {
  /** The address that limits and bans apply to. */
  readonly address: string
  /** The other end of the TCP connection. */
  readonly peer: string
  /** The entries of `X-Forwarded-For`. */
  readonly forwardedFor: readonly string[]
}

/**
 * Checks whether the server takes the visitor's address for the visitor's address: neither that of a proxy,
 * nor one that a visitor can choose. The messages contain no address.
 * @param isOwnServer whether the server at the public URL has proved that it has this SECRET_KEY. No other server
 *   receives the admin token
 */
export async function checkClientAddress(
  { config, timeLimitMs }: CheckContext,
  isOwnServer: boolean,
): Promise<Observation[]> {
  const { options, process } = config
  if (!isOwnServer) {
    return [
      skipped(
        'It needs a public URL by which a WebSocket reaches your server: no other server may receive ADMIN_TOKEN.',
      ),
    ]
  }
  if (options.adminToken === '') {
    return [skipped('It needs ADMIN_TOKEN, with which the server tells how it sees a client.')]
  }
  const ask = async (headers: Readonly<Record<string, string>> = {}): Promise<Seen | undefined> => {
    const answer = await within(timeLimitMs, (signal) =>
      httpGet(`${process.publicUrl}/client-address`, {
        signal,
        headers: { ...headers, Authorization: `Bearer ${options.adminToken}` },
      }),
    )
    return seenIn(answer.status === 200 ? jsonIn(answer) : undefined)
  }
  try {
    const plain = await ask()
    const forged = await ask({ 'X-Forwarded-For': forgedAddress })
    if (!plain || !forged) {
      return [skipped('The server does not tell how it sees a client: has it this ADMIN_TOKEN?')]
    }
    return judge(plain, forged, options)
  } catch (error) {
    return [
      warning(
        `The server cannot be asked how it sees a client, because ${faultOf(error)}: run the doctor again.`,
      ),
    ]
  }
}

function seenIn(body: Readonly<Record<string, unknown>> | undefined): Seen | undefined {
  const { address, peer, forwarded_for: entries } = body ?? {}
  if (typeof address !== 'string' || typeof peer !== 'string' || !Array.isArray(entries)) {
    return undefined
  }
  return { address, peer, forwardedFor: entries.map(String) }
}

function judge(
  plain: Seen,
  forged: Seen,
  { trustedProxies, trustedProxyHops }: CheckContext['config']['options'],
): Observation[] {
  // This client sent no header, so every entry is from a proxy. The first proxy saw this client itself.
  const [own] = plain.forwardedFor.map(plainAddress)
  const hops = plain.forwardedFor.length
  const isTrusting = trustedProxies.length > 0 || trustedProxyHops > 0
  if (own === undefined) {
    return isTrusting
      ? [
          problem(
            'The proxy sends no X-Forwarded-For, so all visitors share the limits of one address: let it send the header.',
          ),
        ]
      : [ok('The server sees the addresses of visitors, without a proxy.')]
  }
  const isTrusted = (address: string): boolean =>
    createClientAddress({ trustedProxyHops: 0, trustedProxies })({
      remoteAddress: address,
      forwardedFor: forgedAddress,
    }) === forgedAddress
  if (strangers.every(isTrusted)) {
    return [problem('TRUSTED_PROXIES contains every address: list those of your proxies only.')]
  }
  // A machine that is a trusted proxy itself may name any address, so its doctor cannot tell.
  if (forged.address === forgedAddress && !isTrusted(own)) {
    return [
      problem(
        trustedProxyHops > 0
          ? `Visitors can choose the address that limits and bans apply to: set TRUSTED_PROXY_HOPS to ${hops}.`
          : 'Visitors can choose the address that limits and bans apply to: TRUSTED_PROXIES must contain your proxies only.',
      ),
    ]
  }
  const isProxyTrusted = trustedProxyHops > 0 || isTrusted(plain.peer)
  if (isProxyTrusted && plain.address === own) {
    return [ok('The server sees the addresses of visitors behind the proxy.')]
  }
  return [
    problem(
      `The server takes the address of a proxy for that of every visitor, so they share its limits: set TRUSTED_PROXIES to your proxies, or TRUSTED_PROXY_HOPS to ${hops}.`,
    ),
  ]
}

/** Returns the canonical spelling of an address, without a port. */
const plainAddress = (text: string): string =>
  createClientAddress({ trustedProxyHops: 0, trustedProxies: [] })({
    remoteAddress: text,
    forwardedFor: '',
  })
