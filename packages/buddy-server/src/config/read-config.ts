import { z } from 'zod'
import type { BuddyServerOptions, IceServer } from './options.ts'
import { defaultOptions } from './options.ts'

/** A value of the environment that cannot be used; the message is for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`)

/** An hour: more is a mistake, and timers overflow at 24 days. */
const maxSeconds = 3600

const seconds = (min: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `seconds, from ${min} to ${maxSeconds}`)
    .transform((text) => Math.round(Number(text) * 1000))
    .refine(
      (value) => value >= min * 1000 && value <= maxSeconds * 1000,
      `seconds, from ${min} to ${maxSeconds}`,
    )

/** As a browser writes it, with a leading `*.` for any host below. */
function isOrigin(text: string): boolean {
  const host = text.replace(/^(https?:\/\/)\*\./, '$1')
  return /^https?:[^*]+$/.test(host) && URL.canParse(host) && new URL(host).origin === host
}

const origins = z
  .string()
  .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
  .refine(
    (list) => list.length > 0 && list.every((origin) => origin === '*' || isOrigin(origin)),
    'origins like https://chat.example or https://*.example, separated by commas, or *',
  )

const iceUrl = /^(stuns?|turns?):\S+$/
const iceServer = z
  .strictObject({
    urls: z.union([z.string().regex(iceUrl), z.array(z.string().regex(iceUrl)).min(1).max(8)]),
    username: z.string().optional(),
    credential: z.string().optional(),
  })
  // Browsers refuse to open any call with a TURN server that lacks them (W3C WebRTC §4.2.4).
  .refine(
    ({ urls, username, credential }) =>
      ![urls].flat().some((url) => url.startsWith('turn')) || (username && credential),
  )
const iceHint =
  'stun: URLs separated by commas, or a JSON array of RTCIceServer objects, turn: ones with username and credential'

const iceServers = z.string().transform((text, context): readonly IceServer[] => {
  const trimmed = text.trim()
  if (trimmed === '') return []
  let raw: unknown = trimmed.split(',').map((url) => ({ urls: url.trim() }))
  if (trimmed.startsWith('[')) {
    try {
      raw = JSON.parse(trimmed)
    } catch {
      raw = undefined
    }
  }
  const parsed = z.array(iceServer).max(16).safeParse(raw)
  if (!parsed.success) {
    context.addIssue({ code: 'custom', message: iceHint })
    return z.NEVER
  }
  return parsed.data.map(({ urls, ...rest }) => ({
    ...rest,
    urls: typeof urls === 'string' ? [urls] : urls,
  }))
})

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

const schema = z.object({
  PORT: whole(0, 65_535),
  HOST: z.string().min(1, 'an address to listen on'),
  MAX_CONCURRENT_USERS: whole(1, 1_000_000),
  MAX_ROOMS: whole(1, 500_000),
  MAX_CONNECTIONS_PER_IP: whole(1, 1_000_000),
  TRUSTED_PROXY_HOPS: whole(0, 10),
  ALLOWED_ORIGINS: origins,
  ICE_SERVERS: iceServers,
  SOCKET_PING_INTERVAL: seconds(1),
  SOCKET_PING_TIMEOUT: seconds(1),
  SOCKET_MAX_HTTP_BUFFER_SIZE: whole(65_536, 100_000_000),
  MAX_BACKLOG_BYTES: whole(65_536, 100_000_000),
  HELLO_TIMEOUT_SECONDS: seconds(1),
  REMATCH_DELAY_SECONDS: seconds(0),
  LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(', ')}`),
})

const optionNames = {
  PORT: 'port',
  HOST: 'host',
  MAX_CONCURRENT_USERS: 'maxUsers',
  MAX_ROOMS: 'maxRooms',
  MAX_CONNECTIONS_PER_IP: 'maxConnectionsPerAddress',
  TRUSTED_PROXY_HOPS: 'trustedProxyHops',
  ALLOWED_ORIGINS: 'allowedOrigins',
  ICE_SERVERS: 'iceServers',
  SOCKET_PING_INTERVAL: 'pingIntervalMs',
  SOCKET_PING_TIMEOUT: 'pingTimeoutMs',
  SOCKET_MAX_HTTP_BUFFER_SIZE: 'maxFrameBytes',
  MAX_BACKLOG_BYTES: 'maxBacklogBytes',
  HELLO_TIMEOUT_SECONDS: 'helloTimeoutMs',
  REMATCH_DELAY_SECONDS: 'rematchDelayMs',
} as const satisfies Record<string, keyof BuddyServerOptions>

/** Every variable that is read. */
export const variables: readonly string[] = Object.keys(schema.shape)

/** What the environment asks for. */
export interface Config {
  readonly options: BuddyServerOptions
  readonly logLevel: (typeof logLevels)[number]
}

/**
 * Reads the configuration from environment variables; an unset one leaves the default.
 * @throws ConfigError naming each wrong variable, its value and what is allowed
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = schema.partial().safeParse(
    Object.fromEntries(
      variables.map((key) => {
        const value = environment[key]
        // An empty line in a compose file means "not set", except where empty says "none".
        return [key, value === '' && key !== 'ICE_SERVERS' ? undefined : value]
      }),
    ),
  )
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => {
      const key = String(path[0])
      // It may hold a password, and this ends up in logs.
      const value = key === 'ICE_SERVERS' ? '…' : (environment[key] ?? '')
      return `${key}=${value} is not allowed: it must be ${message}`
    })
    throw new ConfigError([...new Set(lines)].join('\n'))
  }
  const { LOG_LEVEL, ...values } = parsed.data
  const options = Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[optionNames[key as keyof typeof optionNames], value]],
    ),
  )
  return { options: { ...defaultOptions, ...options }, logLevel: LOG_LEVEL ?? 'info' }
}
