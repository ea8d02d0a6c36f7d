import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { OptionName } from './all-settings.ts'
import { settings } from './all-settings.ts'
import { fileKeyOf, flagOf, variableOf } from './key-names.ts'
import { printConfig } from './print-config.ts'
import type { Config } from './read-config.ts'
import { readConfig } from './read-config.ts'
import {
  deleteFiles,
  file,
  folder,
  mistakes,
  needed,
  read,
  readSite,
  secret,
  site,
} from './read-config.fixture.ts'
import { defaultOptions } from './server-settings.ts'

afterAll(deleteFiles)

/** For each option, a value as text, the same value in a configuration file, and the value after reading. */
const samples: Record<OptionName, readonly [text: string, inFile: unknown, value: unknown]> = {
  port: ['8080', 8080, 8080],
  host: ['127.0.0.2', '127.0.0.2', '127.0.0.2'],
  tlsCertFile: ['/etc/cert.pem', '/etc/cert.pem', '/etc/cert.pem'],
  tlsKeyFile: ['/etc/key.pem', '/etc/key.pem', '/etc/key.pem'],
  trustedProxyHops: ['2', 2, 2],
  trustedProxies: ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1'], ['10.0.0.0/8', '::1']],
  secretKey: [`${secret}k`, `${secret}k`, `${secret}k`],
  adminToken: [`${secret}a`, `${secret}a`, `${secret}a`],
  allowedOrigins: [
    'https://a.example, https://*.b.example',
    ['https://a.example', 'https://*.b.example'],
    ['https://a.example', 'https://*.b.example'],
  ],
  sites: [JSON.stringify([site]), [site], [readSite]],
  maxUsers: ['5', 5, 5],
  maxRooms: ['2', 2, 2],
  maxConnectionsPerAddress: ['3', 3, 3],
  maxSessionsPerAddress: ['3', 3, 3],
  redisUrl: [
    'rediss://u:p@r.example:6380/2',
    'rediss://u:p@r.example:6380/2',
    'rediss://u:p@r.example:6380/2',
  ],
  redisDown: ['local', 'local', 'local'],
  redisPrefix: ['chat:', 'chat:', 'chat:'],
  redisCaFile: ['/ca.pem', '/ca.pem', '/ca.pem'],
  redisShards: ['4', 4, 4],
  nodeName: ['chat-1', 'chat-1', 'chat-1'],
  region: ['eu-west', 'eu-west', 'eu-west'],
  maxConnectsPerAddress: ['30', 30, 30],
  maxRequestsPerAddress: ['40', 40, 40],
  maxFrameBytes: ['70000', 70_000, 70_000],
  maxBacklogBytes: ['80000', 80_000, 80_000],
  pingIntervalMs: ['25', 25, 25_000],
  pingTimeoutMs: ['16.1', 16.1, 16_100],
  helloTimeoutMs: ['4', 4, 4000],
  userTimeoutMs: ['0', 0, 0],
  cleanupIntervalMs: ['61', 61, 61_000],
  roomCleanupIntervalMs: ['62', 62, 62_000],
  resumeGraceMs: ['63', 63, 63_000],
  maxResumeBytes: ['2048', 2048, 2048],
  widenInterestsMs: ['2.5', 2.5, 2500],
  widenLanguagesMs: ['0', 0, 0],
  widenRegionMs: ['2', 2, 2000],
  avoidRecentMs: ['60', 60, 60_000],
  avoidRecentCount: ['5', 5, 5],
  rematchDelayMs: ['0', 0, 0],
  fairMatchesPerMinute: ['30', 30, 30],
  fairSharePercent: ['50', 50, 50],
  shutdownTimeoutMs: ['7', 7, 7000],
  dataDir: ['/var/lib/buddy', '/var/lib/buddy', '/var/lib/buddy'],
  retentionDays: ['7', 7, 7],
  auditRetentionDays: ['365', 365, 365],
  appealUrl: ['https://a.example/appeal', 'https://a.example/appeal', 'https://a.example/appeal'],
  slowAfterReports: ['0', 0, 0],
  banAfterReports: ['9', 9, 9],
  reportWindowMs: ['600', 600, 600_000],
  slowMs: ['60', 60, 60_000],
  slowedSearchMs: ['5', 5, 5000],
  banMs: ['7200', 7200, 7_200_000],
  addressBanMs: ['0', 0, 0],
  blockMs: ['3600', 3600, 3_600_000],
  repeatedTextRooms: ['5', 5, 5],
  repeatedTextWindowMs: ['60', 60, 60_000],
  newVisitorMs: ['60', 60, 60_000],
  areStillsKept: ['false', false, false],
  areNotesInWebhooks: ['true', true, true],
  iceServers: [
    'stun:a.example, stuns:b.example',
    [{ urls: 'stun:a.example' }, { urls: ['stuns:b.example'] }],
    [{ urls: ['stun:a.example'] }, { urls: ['stuns:b.example'] }],
  ],
  turnUrls: ['turn:t.example', ['turn:t.example'], ['turn:t.example']],
  turnSecret: ['shared with coturn', 'shared with coturn', 'shared with coturn'],
  turnTtlMs: ['600', 600, 600_000],
  isMonitoringEnabled: ['false', false, false],
  monitoringIntervalMs: ['30', 30, 30_000],
  webhookUrl: ['https://hook.example/x', 'https://hook.example/x', 'https://hook.example/x'],
  webhookSecret: [`${secret}w`, `${secret}w`, `${secret}w`],
  webhookEvents: ['match,report', ['match', 'report'], ['match', 'report']],
  isDev: ['true', true, true],
  publicUrl: [
    'https://Chat.example/buddy/',
    'https://chat.example/buddy/',
    'https://chat.example/buddy',
  ],
  logLevel: ['warn', 'warn', 'warn'],
  logFormat: ['json', 'json', 'json'],
}
/** Options that can only be set together with other options. */
const together: Partial<Record<OptionName, readonly OptionName[]>> = {
  tlsCertFile: ['tlsKeyFile'],
  redisUrl: ['secretKey'],
  tlsKeyFile: ['tlsCertFile'],
  turnUrls: ['turnSecret'],
  turnSecret: ['turnUrls'],
  webhookUrl: ['webhookSecret'],
}

test('uses defaults for settings that are not set', () => {
  const { options, process, origins } = read()
  expect(options).toEqual({
    ...defaultOptions,
    secretKey: secret,
    allowedOrigins: ['https://chat.example'],
  })
  expect(process).toEqual({ isDev: false, publicUrl: '', logLevel: 'info', logFormat: 'auto' })
  expect(origins).toMatchObject({ secretKey: 'environment', port: 'default' })
  // `PORT=` in a compose file means "not set".
  expect(read({ PORT: '', LOG_LEVEL: '' })).toEqual(read())
})

test('keeps the names of the environment variables of the earlier app (React and Flask)', () => {
  const keys = new Set(Object.values(settings).map(({ key }) => key))
  for (const key of [
    'PORT',
    'SECRET_KEY',
    'MAX_CONCURRENT_USERS',
    'MAX_ROOMS',
    'USER_TIMEOUT_SECONDS',
    'SOCKET_PING_TIMEOUT',
    'SOCKET_PING_INTERVAL',
    'SOCKET_MAX_HTTP_BUFFER_SIZE',
    'CLEANUP_INTERVAL_SECONDS',
    'ROOM_CLEANUP_INTERVAL_SECONDS',
    'ENABLE_MONITORING',
    'MONITORING_INTERVAL_SECONDS',
  ]) {
    expect(keys).toContain(key)
  }
})

describe.for(Object.entries(samples) as [OptionName, (typeof samples)[OptionName]][])(
  'the setting %s',
  ([name, [text, inFile, value]]) => {
    const { key } = settings[name]
    const companions = together[name] ?? []
    const companionVariables = Object.fromEntries(
      companions.map((other) => [settings[other].key, samples[other][0]]),
    )
    const valueOf = ({ options, process }: Config): unknown =>
      ({ ...options, ...process })[name as never]
    const other = { ...needed, ...companionVariables }

    test('can be set by a flag, a variable, a YAML file and a JSON file', () => {
      const flag = readConfig({ environment: other, flags: { [flagOf(key)]: text } })
      const variable = readConfig({ environment: { ...other, [variableOf(key)]: text } })
      // The environment must not contain the setting here, because it would override the file.
      const { [key]: _, ...withoutIt } = other as Record<string, string>
      const content = { [fileKeyOf(key)]: inFile }
      const [yaml, json] = [file(content), file(JSON.stringify(content), 'json')].map((path) =>
        readConfig({ environment: withoutIt, flags: { config: path } }),
      )
      const spelled = readConfig({
        environment: { ...withoutIt, CONFIG_FILE: file({ [fileKeyOf(key)]: text }) },
      })
      for (const config of [flag, variable, yaml!, json!, spelled]) {
        expect(valueOf(config)).toEqual(value)
      }
      expect(flag.origins[name]).toBe(`--${flagOf(key)}`)
      expect(variable.origins[name]).toBe('environment')
      expect(json!.origins[name]).toMatch(/^config-\d+\.json$/)
    })

    test('if its value is invalid, is refused with an error that spells its name as the source does', () => {
      const { schema, isSecret } = settings[name]
      const wrong = [-1, 'x', '\0', 'short', 'two words'].find(
        (raw) => !schema.safeParse(raw).success,
      )
      expect(wrong).toBeDefined()
      // The error for a list may name the item, and hides values that could be secrets.
      const refusalOf = (spelled: string): string | RegExp =>
        Array.isArray(settings[name].defaultValue)
          ? new RegExp(`^${spelled}(\\[0\\])?=(${wrong}|…) is not allowed: it must be `)
          : `${spelled}=${isSecret ? '…' : String(wrong)} is not allowed: it must be `
      const flags = { [flagOf(key)]: String(wrong) }
      const [byFlag] = mistakes(() => readConfig({ environment: other, flags }))
      expect(byFlag).toMatch(refusalOf(`--${flagOf(key)}`))
      const [byVariable] = mistakes(() =>
        read({ ...companionVariables, [variableOf(key)]: String(wrong) }),
      )
      expect(byVariable).toMatch(refusalOf(variableOf(key)))
      const { [key]: _, ...withoutIt } = other as Record<string, string>
      const config = file({ [fileKeyOf(key)]: wrong })
      const [byFile] = mistakes(() => readConfig({ environment: withoutIt, flags: { config } }))
      expect(byFile).toMatch(refusalOf(fileKeyOf(key)))
    })
  },
)

test('flags override the environment, the environment the file, the file the defaults', () => {
  const config = file({ max_rooms: 3, max_concurrent_users: 30, port: 300 })
  const { options } = read(
    { MAX_ROOMS: '2', MAX_CONCURRENT_USERS: '20', CONFIG_FILE: config },
    { flags: { 'max-rooms': '1' } },
  )
  expect(options).toMatchObject({ maxRooms: 1, maxUsers: 20, port: 300, host: '0.0.0.0' })
})

describe('the configuration file', () => {
  test.for(['', '# only a comment\n'])('may be empty: %j', (content) => {
    const { origins, ...config } = read({ CONFIG_FILE: file(content) })
    expect({ ...config, origins }).toEqual(read())
  })

  test.for([
    ['- a\n- b', 'must be a list of "key: value"'],
    ['port: 1\nport: 2', 'cannot be read: line 2, column 1: duplicate key'],
    ['port: [1', 'cannot be read: line 1, column 9: bad indent'],
  ])('with the content %j is refused: %s', ([content, sentence]) => {
    const path = file(content!)
    expect(mistakes(() => read({ CONFIG_FILE: path }))).toEqual([
      `the configuration file ${path} ${sentence}`,
    ])
  })

  test('is refused if it does not exist or is a folder', () => {
    const path = join(folder, 'none.yaml')
    expect(mistakes(() => read({ CONFIG_FILE: path }))).toEqual([
      `the configuration file ${path} cannot be read: it does not exist`,
    ])
    expect(mistakes(() => read({ CONFIG_FILE: folder }))[0]).toContain('it is a folder')
  })
})

describe('trial mode (--dev)', () => {
  test('without settings, listens on loopback, allows any origin, and makes a new secret key at each start', () => {
    const trial = (): Config => readConfig({ flags: { dev: true } })
    expect(trial().options).toMatchObject({
      host: '127.0.0.1',
      allowedOrigins: ['*'],
      shutdownTimeoutMs: 0,
    })
    expect(trial().options.secretKey).toMatch(/^[\w-]{43}$/)
    expect(trial().options.secretKey).not.toBe(trial().options.secretKey)
  })

  test('uses the settings that are given', () => {
    const { options } = read({ BUDDY_DEV: '1', HOST: '0.0.0.0', SHUTDOWN_TIMEOUT_SECONDS: '9' })
    expect(options).toMatchObject({
      host: '0.0.0.0',
      shutdownTimeoutMs: 9000,
      secretKey: secret,
      allowedOrigins: ['https://chat.example'],
    })
  })
})

test('the printed configuration has the same values when it is read again, except for masked secrets', () => {
  const environment = {
    ...needed,
    ADMIN_TOKEN: `${secret}a`,
    TURN_URLS: 'turn:t.example',
    TURN_SECRET: `${secret}t`,
    WEBHOOK_URL: `https://h.example/${secret}u`,
    WEBHOOK_SECRET: `${secret}w`,
    ICE_SERVERS: `[{"urls":"turn:t.example","username":"u","credential":"${secret}c"}]`,
    SITES: JSON.stringify([
      { ...site, secret: `${secret}s`, turn_secret: `${secret}x`, turn_ttl_seconds: 600 },
    ]),
  }
  const config = readConfig({ environment, flags: { 'socket-ping-interval': '25.5' } })
  const printed = printConfig(config)
  expect(printed).not.toContain(secret)
  expect(printed.match(/\*{8}/g)).toHaveLength(8)
  expect(printed).toContain('socket_ping_interval: 25.5  # --socket-ping-interval')
  expect(printed).toContain('max_rooms: 100  # default')
  expect(printed).toContain('secret_key: "********"  # environment')
  const mask = `${secret}${secret}`
  const again = readConfig({
    flags: {
      config: file(
        printed
          .replaceAll('"********"', mask)
          .replace(`webhook_url: ${mask}`, 'webhook_url: https://h.example'),
      ),
    },
  })
  expect(again.options).toMatchObject({
    pingIntervalMs: 25_500,
    turnTtlMs: config.options.turnTtlMs,
    sites: [{ key: 'forum', turnTtlMs: 600_000 }],
    userTimeoutMs: config.options.userTimeoutMs,
  })
})
