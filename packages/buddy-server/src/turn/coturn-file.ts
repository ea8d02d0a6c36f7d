import { isIPv6 } from 'node:net'
import { ConfigError } from '../config/config-error.ts'
import { operationsPage } from '../documentation.ts'
import type { TurnServer } from './turn-servers.ts'
import { deniedPeers } from './denied-peers.ts'

/** What a coturn file contains. */
export interface CoturnFileOptions {
  readonly server: TurnServer
  /** The maximum number of users of the Buddy server. */
  readonly maxUsers: number
  /** The machine's own address that coturn uses. Undefined: all of its addresses. */
  readonly listeningIp: string | undefined
  /** The public address of the machine, if its own is private. */
  readonly externalIp: string | undefined
  /** The lowest and highest UDP port for relayed media. */
  readonly relayPorts: readonly [min: number, max: number]
  /** Paths of the certificate chain and its key, for TURN over TLS. */
  readonly certFile: string
  readonly keyFile: string
  /** The user and group that coturn runs as. */
  readonly user: string
}

/**
 * The maximum rate of one allocation in each direction, in bytes per second. It is three times the rate of a
 * call with the best video (`bitrate-ladder.ts` of the client), so that it never limits a call.
 */
const maxBytesPerSecond = 1_000_000

/** Returns whether a coturn file can hold a value. coturn would shorten, split or unquote others. */
const isPlainValue = (value: string): boolean =>
  /^[^\s="\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u.test(value) && Buffer.byteLength(value) <= 900

/**
 * Returns the text of a coturn file (`/etc/turnserver.conf`) for coturn 4.5 or later, which admits users of
 * the Buddy server only, and relays to public addresses only.
 * @throws ConfigError if a coturn file cannot hold one of the values. The message does not show it.
 */
export function coturnFile(options: CoturnFileOptions): string {
  const { server, maxUsers, listeningIp, externalIp, relayPorts, user, certFile, keyFile } = options
  for (const [name, values] of Object.entries({
    TURN_SECRET: server.secrets,
    '--turn-cert': [certFile],
    '--turn-key': [keyFile],
    '--turn-user': [user],
  })) {
    if (values.every(isPlainValue)) continue
    throw new ConfigError(
      `${name} cannot be written to a coturn file: it must not begin with a space, = or ", contain line breaks, end with a space, or have more than 900 bytes`,
    )
  }
  const { entries, secrets, host } = server
  const [minPort, maxPort] = relayPorts
  // A client makes an allocation for each URL, for the present call and for the prepared next one.
  const allocationsPerUser = entries.length * 2
  const lines = [
    '# coturn for a Buddy server, written by `buddy-server turn-config`. Run it again after a change of TURN_URLS,',
    '# TURN_SECRET or MAX_CONCURRENT_USERS. This file contains a secret: only root and coturn may read it',
    `# (chgrp ${user} /etc/turnserver.conf; chmod 640 /etc/turnserver.conf).`,
    '',
    ...listening(options),
    '',
    '# The public address of this machine, if its own is private, as behind NAT and at most cloud providers.',
    externalIp === undefined
      ? '# external-ip=203.0.113.10'
      : `external-ip=${[externalIp, ...(listeningIp ? [listeningIp] : [])].join('/')}`,
    `min-port=${minPort}`,
    `max-port=${maxPort}`,
    '',
    '# Only users of the Buddy server get credentials, which expire.',
    `realm=${host}`,
    'use-auth-secret',
    ...secrets.map((secret) => `static-auth-secret=${secret}`),
    'fingerprint',
    'stale-nonce=600',
    '',
    `# Allocations of one user, and of all: a user has ${allocationsPerUser} at a time, and for a moment more after a new call.`,
    `user-quota=${Math.max(12, allocationsPerUser * 2)}`,
    `total-quota=${Math.min(maxUsers * allocationsPerUser, maxPort - minPort + 1)}`,
    '# Bytes per second of one allocation in each direction: three times what a call sends.',
    `max-bps=${maxBytesPerSecond}`,
    '',
    '# If coturn is started by root, it continues as this user.',
    `proc-user=${user}`,
    `proc-group=${user}`,
    '',
    '# Functions that calls do not need.',
    'no-cli',
    'no-tcp-relay',
    'no-multicast-peers',
    'no-rfc5780',
    'no-stun-backward-compatibility',
    'no-software-attribute',
    'no-tlsv1',
    'no-tlsv1_1',
    '',
    '# Addresses that users must not reach through this server. Do not add a range that begins with a bare "::":',
    '# coturn takes that for any address.',
    ...deniedPeers.flatMap(([reason, ...ranges]) => [
      `# ${reason}`,
      ...ranges.map((range) => `denied-peer-ip=${range}`),
    ]),
  ]
  return lines.join('\n')
}

const withPort = (address: string, port: number): string =>
  isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`

/** Returns the lines about ports and, if clients use TLS, about the certificate. */
function listening({ server, listeningIp, certFile, keyFile, user }: CoturnFileOptions): string[] {
  const portsOf = (isSecure: boolean): number[] => [
    ...new Set(
      server.entries
        .filter(({ scheme }) => scheme.endsWith('s') === isSecure)
        .map(({ port }) => port),
    ),
  ]
  const [plain = 3478, ...morePlain] = portsOf(false)
  const [secure, ...moreSecure] = portsOf(true)
  const more = [...morePlain, ...moreSecure]
  if (more.length > 0 && !listeningIp) {
    throw new ConfigError(
      `TURN_URLS has several ports of one kind (${[plain, secure, ...more].filter(Boolean).join(', ')}), for which coturn needs the address of its machine: add --listening-ip`,
    )
  }
  const lines = [
    '# The ports of TURN_URLS.',
    ...(listeningIp ? [`listening-ip=${listeningIp}`, `relay-ip=${listeningIp}`] : []),
    `listening-port=${plain}`,
    ...(secure === undefined ? ['no-tls', 'no-dtls'] : [`tls-listening-port=${secure}`]),
    ...more.map((port) => `aux-server=${withPort(listeningIp ?? '', port)}`),
  ]
  if (secure !== undefined) {
    lines.push(
      '',
      `# TURN over TLS. If the user ${user} cannot read both files, coturn starts without TURN over TLS, and reports that`,
      '# in its log only. certbot stores the key for root only, so copy both files for that user with the hook in',
      `# ${operationsPage}#turn`,
      '# Then check with `buddy-server doctor`.',
      `cert=${certFile}`,
      `pkey=${keyFile}`,
    )
  }
  const privileged = [plain, secure ?? 0, ...more].filter((port) => port > 0 && port < 1024)
  if (privileged.length > 0) {
    lines.push(
      '',
      `# Port ${privileged.join(', ')}: the user ${user} may not open ports below 1024, and then coturn does not answer there.`,
      '# Run `systemctl edit coturn`, and add:',
      '#   [Service]',
      '#   AmbientCapabilities=CAP_NET_BIND_SERVICE',
    )
  }
  return lines
}
