import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { StunTarget } from '../../turn/stun-channel.ts'
import type { Allocation, TurnClient } from '../../turn/turn-client.ts'
import { openTurnClient, TurnRefusal } from '../../turn/turn-client.ts'
import { isInternalAddress } from '../address-kinds.ts'
import type { CheckContext } from '../context.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import type { TurnUse } from '../ice-servers.ts'
import { within } from '../../within.ts'

/** Addresses that a TURN server must not relay to, by the family of the allocation. */
const internalPeers = {
  4: [
    '127.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
  ],
  6: ['::1', 'fd00::1', 'fe80::1', '::ffff:10.0.0.1'],
} as const
/** An address that every TURN server must relay to. Nothing is sent to it. */
const publicPeers = { 4: '1.1.1.1', 6: '2606:4700:4700::1111' } as const

/** Checks to which addresses a TURN server relays, and that packets reach a relayed address. */
export async function checkRelay(
  target: StunTarget,
  use: TurnUse,
  context: CheckContext,
): Promise<Observation[]> {
  const found = await Promise.all([
    checkPeers(target, use, context, 4),
    checkPeers(target, use, context, 6),
    checkRelayedAddress(target, use, context),
  ])
  return found.flat()
}

/** Returns the peers that the server does not allow. */
async function refusedPeers(
  client: TurnClient,
  peers: readonly string[],
): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(
    peers.map((peer) =>
      client.permit(peer).then(
        () => [],
        (error: unknown) => {
          if (error instanceof TurnRefusal) return [peer]
          throw error
        },
      ),
    ),
  )
  return new Set(answers.flat())
}

async function checkPeers(
  target: StunTarget,
  { url, credentials }: TurnUse,
  { now, timeLimitMs }: CheckContext,
  family: 4 | 6,
): Promise<Observation[]> {
  try {
    return await within(timeLimitMs, async (signal) => {
      const client = await openTurnClient(target, signal)
      try {
        await client.allocate(credentials(now()), family)
        const peers = internalPeers[family]
        const refused = await refusedPeers(client, [...peers, publicPeers[family]])
        await client.release()
        const allowed = peers.filter((peer) => !refused.has(peer))
        if (allowed.length > 0) {
          return [
            problem(
              `${url} relays to internal addresses (${allowed.join(', ')}), so everyone who may call can reach your network: deny them (buddy-server turn-config prints denied-peer-ip).`,
            ),
          ]
        }
        return [
          refused.has(publicPeers[family])
            ? problem(
                `${url} refuses every IPv${family} peer, so it relays no call: does a denied-peer-ip begin with "::"?`,
              )
            : ok(`${url} relays to public IPv${family} addresses only.`),
        ]
      } finally {
        client.close()
      }
    })
  } catch (error) {
    // Many TURN servers have no IPv6 address. The first allocation has shown that IPv4 works.
    if (family === 6 && error instanceof TurnRefusal) return []
    return [warning(`${url} stopped to answer while its relaying was checked: see its log.`)]
  }
}

/** Sends a packet to the relayed address from another port of this machine, as a partner's browser does. */
async function checkRelayedAddress(
  target: StunTarget,
  { url, credentials }: TurnUse,
  { now, timeLimitMs }: CheckContext,
): Promise<Observation[]> {
  let allocation: Allocation | undefined
  try {
    return await within(timeLimitMs, async (signal) => {
      let onData = (): void => undefined
      const arrived = new Promise<void>((resolve) => (onData = resolve))
      const client = await openTurnClient(target, signal, () => onData())
      try {
        allocation = await client.allocate(credentials(now()), 4)
        const { relayed, mapped } = allocation
        if (isInternalAddress(relayed.address) && !isInternalAddress(target.address)) {
          return [
            problem(
              `${url} gives relayed addresses of a private network: set external-ip to its public address (turn-config --external-ip).`,
            ),
          ]
        }
        if (isInternalAddress(mapped.address) || isIPv6(mapped.address)) {
          return [
            skipped(
              `Whether packets reach the relay ports of ${url} needs a doctor that runs outside its network.`,
            ),
          ]
        }
        const refused = await refusedPeers(client, [mapped.address])
        if (refused.size > 0) {
          return [
            skipped(`${url} does not relay to this machine, so its relay ports are not checked.`),
          ]
        }
        await sendUntil(arrived, relayed, signal)
        return [ok(`Packets reach the relay ports of ${url}.`)]
      } finally {
        client.close()
      }
    })
  } catch {
    return [
      allocation === undefined
        ? warning(`${url} gives no second allocation: see its log.`)
        : warning(
            `No packet reaches the relay port ${allocation.relayed.port} of ${url}: open its UDP relay ports (49152 to 65535, or min-port to max-port) in the firewall.`,
          ),
    ]
  }
}

/** The time between two packets. UDP loses some. */
const resendMs = 200

async function sendUntil(
  arrived: Promise<void>,
  { address, port }: Allocation['relayed'],
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket('udp4')
  const timer = setInterval(() => socket.send('buddy', port, address), resendMs)
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  try {
    socket.on('error', () => undefined)
    await Promise.race([arrived, aborted])
  } finally {
    clearInterval(timer)
    socket.close()
  }
}
