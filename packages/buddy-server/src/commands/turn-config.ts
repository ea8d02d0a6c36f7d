import { isIP } from 'node:net'
import type { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import { coturnFile } from '../turn/coturn-file.ts'
import type { TurnServer } from '../turn/turn-servers.ts'
import { turnServersOf } from '../turn/turn-servers.ts'
import { orExplain } from './or-explain.ts'

/** The flags of `turn-config`. */
export interface TurnConfigFlags {
  readonly turnHost?: string
  readonly listeningIp?: string
  readonly externalIp?: string
  readonly relayPorts: string
  readonly turnCert: string
  readonly turnKey: string
  readonly turnUser: string
}

/** The values of flags that are not given. */
export const turnConfigDefaults = {
  relayPorts: '49152-65535',
  turnCert: '/etc/turnserver-tls/fullchain.pem',
  turnKey: '/etc/turnserver-tls/privkey.pem',
  turnUser: 'turnserver',
} as const satisfies TurnConfigFlags

/** Adds the sub-command `turn-config`, which prints the coturn file for the configuration. */
export function addTurnConfig(program: Command, input: () => ConfigInput): void {
  const { relayPorts, turnCert, turnKey, turnUser } = turnConfigDefaults
  program
    .command('turn-config')
    .description('print the file for coturn (/etc/turnserver.conf) that fits the configuration')
    .option('--turn-host <host>', 'the TURN server to print it for, if there are several')
    .option('--listening-ip <address>', 'own address of its machine (default: all)')
    .option('--external-ip <address>', 'public address of its machine, if the own one is private')
    .option('--relay-ports <min-max>', 'UDP ports for relayed media', relayPorts)
    .option('--turn-cert <file>', 'certificate chain that coturn reads', turnCert)
    .option('--turn-key <file>', 'private key that coturn reads', turnKey)
    .option('--turn-user <user>', 'user and group that coturn runs as', turnUser)
    .action((flags: TurnConfigFlags) =>
      orExplain(() => console.log(turnConfig(readConfig(input()).options, flags))),
    )
}

/**
 * Returns the text of the coturn file for these settings.
 * @throws ConfigError if the settings name no TURN server, if it is not clear which one is meant, or if a flag
 *   is invalid
 */
export function turnConfig(
  options: Pick<ResolvedServerOptions, 'turnUrls' | 'turnSecret' | 'sites' | 'maxUsers'>,
  flags: TurnConfigFlags,
): string {
  return coturnFile({
    server: chosenServer(turnServersOf(options), flags.turnHost),
    maxUsers: options.maxUsers,
    listeningIp: checkedAddress('--listening-ip', flags.listeningIp),
    externalIp: checkedAddress('--external-ip', flags.externalIp),
    relayPorts: portsIn(flags.relayPorts),
    certFile: flags.turnCert,
    keyFile: flags.turnKey,
    user: flags.turnUser,
  })
}

function chosenServer(servers: readonly TurnServer[], wanted: string | undefined): TurnServer {
  const hosts = servers.map(({ host }) => host).join(', ')
  if (servers.length === 0) {
    throw new ConfigError(
      'TURN_URLS is not set: set it to the URLs of your TURN server, such as turn:turn.example.org:3478, and TURN_SECRET to the secret that it shares with this server',
    )
  }
  const [first, ...more] = servers.filter(
    ({ host }) => wanted === undefined || host.toLowerCase() === wanted.toLowerCase(),
  )
  if (!first) {
    throw new ConfigError(`--turn-host=${wanted} is not in TURN_URLS, which has ${hosts}`)
  }
  if (more.length > 0) {
    throw new ConfigError(`the configuration has several TURN servers: add --turn-host (${hosts})`)
  }
  return first
}

function checkedAddress(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) > 0) return text
  throw new ConfigError(`${flag}=${text} is not allowed: it must be an IP address`)
}

function portsIn(text: string): [number, number] {
  const [, min = '', max = ''] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  if (Number(min) >= 1024 && Number(max) >= Number(min) && Number(max) <= 65_535) {
    return [Number(min), Number(max)]
  }
  throw new ConfigError(
    `--relay-ports=${text} is not allowed: it must be two ports from 1024 to 65535, such as 49152-65535`,
  )
}
