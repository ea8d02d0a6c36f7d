import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { OptionName } from './all-settings.ts'
import { settings } from './all-settings.ts'
import { ConfigError } from './config-error.ts'
import { fileKeyOf, flagOf, variableOf } from './key-names.ts'
import { printConfig } from './print-config.ts'
import type { Config, ConfigInput } from './read-config.ts'
import { readConfig } from './read-config.ts'
import { defaultOptions } from './server-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'buddy-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
/** Writes a configuration file and returns its path. An object is written as YAML. */
function file(content: string | object, extension = 'yaml'): string {
  const path = join(folder, `config-${++files}.${extension}`)
  writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  return path
}

const secret = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c'
/** The settings that are required without `--dev`. */
const needed = { SECRET_KEY: secret, ALLOWED_ORIGINS: 'https://chat.example' }

const read = (environment: Record<string, string> = {}, more: ConfigInput = {}): Config =>
  readConfig({ environment: { ...needed, ...environment }, ...more })

/** Returns the lines of the ConfigError that `act` throws. */
function mistakes(act: () => unknown): string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  throw new Error('no ConfigError was thrown')
}

const site = { key: 'forum', allowed_origins: ['https://forum.example'] }
const readSite = {
  key: 'forum',
  allowedOrigins: ['https://forum.example'],
  isTextAllowed: true,
  isVideoAllowed: true,
}
const bands = { secret, age_bands: ['minor', 'adult'], default_age_band: 'minor' }
const { publicKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
  generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }),
)

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

test.for([
  ['PORT', '65536', 'a whole number from 0 to 65535'],
  ['PORT', '3000x', 'a whole number from 0 to 65535'],
  ['MAX_ROOMS', '0', 'a whole number from 1 to 500000'],
  ['MAX_CONCURRENT_USERS', '1e3', 'a whole number from 1 to 1000000'],
  ['SOCKET_PING_INTERVAL', '0', 'seconds, from 1 to 3600'],
  ['USER_TIMEOUT_SECONDS', '3000000', 'seconds, from 0 to 86400'],
  ['ENABLE_MONITORING', 'maybe', 'true or false'],
  ['ALLOWED_ORIGINS', 'chat.example', 'origins like https://chat.example'],
  ['ALLOWED_ORIGINS', 'https://chat.example/', 'origins like'],
  ['ALLOWED_ORIGINS', 'https://chat.example:443', 'origins like'],
  ['ALLOWED_ORIGINS', 'https://a.*.example', 'origins like'],
  ['ALLOWED_ORIGINS', 'https://*', 'origins like'],
  ['ALLOWED_ORIGINS', ' , ', 'origins like'],
  ['TRUSTED_PROXIES', '10.0.0.0/33', 'addresses or CIDR ranges'],
  ['WEBHOOK_EVENTS', 'match,joined', 'some of match, leave, report, decision, ban, capacity'],
  ['LOG_LEVEL', 'loud', 'one of debug, info, warn, error, silent'],
] as const)('refuses %s=%s, and the error states what is allowed', ([key, value, allowed]) => {
  const sentences = mistakes(() => read({ [key]: value }))
  expect(sentences).toHaveLength(1)
  expect(sentences[0]).toContain(`${key}=${value} is not allowed: it must be ${allowed}`)
})

test('reports every mistake at once', () => {
  expect(mistakes(() => read({ PORT: 'x', MAX_ROOMS: 'y' }))).toHaveLength(2)
})

describe('refuses an invalid ICE entry, with its position and the reason', () => {
  const turn = { username: 'u', credential: 'c' }
  test.for<[string, unknown, string]>([
    [
      'ICE_SERVERS',
      'stun:a.example,stun://h',
      'ICE_SERVERS[1]=stun://h is not allowed: write stun:host',
    ],
    [
      'ICE_SERVERS',
      [{ urls: 'stun:h:0' }],
      'ICE_SERVERS[0].urls[0]=stun:h:0 is not allowed: the port must be',
    ],
    [
      'ICE_SERVERS',
      [{ urls: 'stun:h' }, { urls: ['turn:h', 'turn:h?transport=UDP'], ...turn }],
      'ICE_SERVERS[1].urls[1]=turn:h?transport=UDP is not allowed: the query must be',
    ],
    [
      'ICE_SERVERS',
      [{ urls: 'turn:h' }],
      'ICE_SERVERS[0]=… is not allowed: an entry with a turn: URL needs username and',
    ],
    [
      'ICE_SERVERS',
      [{ urls: 'turn:u:p@h', ...turn }],
      'ICE_SERVERS[0].urls[0]=turn:…@h is not allowed',
    ],
    [
      'TURN_URLS',
      'turn:a.example, stun:b.example',
      'TURN_URLS[1]=stun:b.example is not allowed: it must be a turn: or',
    ],
    [
      'TURN_URLS',
      'turn:h?transport=tls',
      'TURN_URLS[0]=turn:h?transport=tls is not allowed: the query must be',
    ],
  ])('%s=%j', ([key, value, sentence]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const sentences = mistakes(() => read({ [key]: text, TURN_SECRET: 'shared' }))
    expect(sentences).toEqual([expect.stringContaining(sentence)])
  })
})

describe('error messages never contain a secret that is part of', () => {
  const leak = 'hunter2-hunter2'
  test.for<[string, ConfigInput]>([
    ['a short key', { environment: { SECRET_KEY: leak } }],
    ['a short token', { environment: { ...needed, ADMIN_TOKEN: leak } }],
    ['a webhook with a password', { flags: { 'webhook-url': `https://u:${leak}@h.example` } }],
    ['broken JSON', { environment: { ...needed, SITES: ` [{"secret":"${leak}"},]` } }],
    ['JSON that is not a list', { environment: { ...needed, SITES: leak } }],
    ['a site', { environment: { ...needed, SITES: `[{"key":"a","secret":"${leak}"}]` } }],
    [
      'a TURN server',
      { environment: { ICE_SERVERS: `[{"urls":"turn:t","credential":"${leak}"}]` } },
    ],
    ['an ICE URL with a password', { environment: { ICE_SERVERS: `stun:u:${leak}@h` } }],
    ['a TURN URL with a password', { environment: { TURN_URLS: `turn:${leak}@h` } }],
    ['an ICE URL with a query', { environment: { ICE_SERVERS: `stun:h?key=${leak}` } }],
    ['an ICE URL without a scheme', { environment: { ICE_SERVERS: leak } }],
    ['broken ICE servers', { environment: { ICE_SERVERS: `[{"credential":"${leak}",}]` } }],
    ['a broken file', { flags: { config: file(`secret_key: ${leak}: x\n  ${leak}`) } }],
    ['a duplicate key', { flags: { config: file(`secret_key: ${leak}\nsecret_key: ${leak}`) } }],
    ['an unknown tag', { flags: { config: file(`secret_key: !${leak} x`) } }],
    ['a file that is not a mapping', { flags: { config: file(leak) } }],
    ['a list as the value of a key', { flags: { config: file({ secret_key: [leak] }) } }],
  ])('%s', ([, input]) => {
    expect(mistakes(() => readConfig(input)).join('\n')).not.toContain('hunter2')
  })
})

describe('an unknown setting', () => {
  test.for([
    ['MAX_ROOM', 'MAX_ROOMS'],
    ['MAX_ROOMSS', 'MAX_ROOMS'],
    ['MAX_CONCURENT_USERS', 'MAX_CONCURRENT_USERS'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['SECRET_KYE', 'SECRET_KEY'],
    ['TURN_URL', 'TURN_URLS'],
    ['CONFIG_FIEL', 'CONFIG_FILE'],
  ] as const)('is refused in the environment if it resembles a setting: %s', ([typo, key]) => {
    expect(mistakes(() => read({ [typo]: '5' }))).toEqual([
      `unknown setting ${typo}: did you mean ${key}?`,
    ])
  })

  test('is ignored in the environment if it resembles no setting', () => {
    const others = {
      // This variable is similar to TLS_CERT_FILE, but many machines set it.
      SSL_CERT_FILE: '/etc/ssl/cert.pem',
      SSL_CERT_DIR: '/etc/ssl/certs',
      NODE_ENV: 'production',
      NODE_EXTRA_CA_CERTS: '/etc/ssl/cert.pem',
      DATABASE_URL: 'x',
      HOSTNAME: 'x',
      SECRET_KEY_BASE: 'x',
      JWT_SECRET: 'x',
      TRUSTED_HOSTS: 'x',
      USERNAME: 'x',
      LOGNAME: 'x',
      PORTS: '1',
      HOSTS: '1',
      MAX_USERS: '1',
      GIT_SSL_CAINFO: 'x',
      RENDER_EXTERNAL_URL: 'https://x.example',
      npm_config_port: '1',
    }
    expect(read(others)).toEqual(read())
  })

  test('is refused in a file, and the error suggests the closest name', () => {
    const CONFIG_FILE = file({ max_room: 5, colour: 'blue', PORT: 1, config_file: 'x' })
    const label = CONFIG_FILE.split('/').at(-1)
    expect(mistakes(() => read({ CONFIG_FILE }))).toEqual([
      `unknown setting max_room in ${label}: did you mean max_rooms?`,
      `unknown setting colour in ${label}`,
      `unknown setting PORT in ${label}`,
      `unknown setting config_file in ${label}`,
    ])
  })

  test('is refused in a site, and the error suggests the closest name', () => {
    const CONFIG_FILE = file({ sites: [site, { ...site, key: 'b', max_user: 3, colour: 'x' }] })
    expect(mistakes(() => read({ CONFIG_FILE }))).toEqual([
      'unknown setting sites[1].max_user: did you mean max_users?',
      'unknown setting sites[1].colour',
    ])
  })
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

describe('a site', () => {
  const readSites = (...sites: object[]): Config =>
    read({
      CONFIG_FILE: file({ sites }),
      TURN_URLS: 'turn:t.example',
      TURN_SECRET: 'of the server',
    })

  test('can set every one of its keys', () => {
    const full = {
      ...site,
      max_users: 5,
      lobbies: ['red', 'blue'],
      ice_servers: [{ urls: 'stun:s.example' }],
      turn_urls: 'turn:own.example',
      turn_secret: 'its own secret',
      turn_ttl_seconds: 600,
      attributes: 'verified, region',
      age_bands: ['minor', 'adult'],
      default_age_band: 'minor',
      widen_interests_seconds: 5,
      widen_languages_seconds: 0,
      text: false,
      video: 'no',
      public_key: publicKey,
    }
    expect(readSites(full).options.sites).toEqual([
      {
        ...readSite,
        maxUsers: 5,
        lobbies: ['red', 'blue'],
        iceServers: [{ urls: ['stun:s.example'] }],
        turnUrls: ['turn:own.example'],
        turnSecret: 'its own secret',
        turnTtlMs: 600_000,
        attributes: ['verified', 'region'],
        ageBands: ['minor', 'adult'],
        defaultAgeBand: 'minor',
        widenInterestsMs: 5000,
        widenLanguagesMs: 0,
        isTextAllowed: false,
        isVideoAllowed: false,
        publicKey,
      },
    ])
  })

  test.for<[string, object, string]>([
    ['without a key', { key: undefined }, 'sites[0].key=… is not allowed: it must be 1 to 64'],
    ['with an empty key', { key: '' }, 'sites[0].key=…'],
    ['without origins', { allowed_origins: [] }, 'sites[0].allowed_origins=…'],
    ['with a short secret', { secret: 'short' }, 'sites[0].secret=… is not allowed'],
    ['with an invalid public key', { public_key: 'x' }, 'it must be a public P-256 key in PEM'],
    [
      'with a lobby name longer than a ticket allows',
      { lobbies: ['é'.repeat(33)] },
      'at most 64 bytes',
    ],
    ['with a lone surrogate in a lobby name', { lobbies: ['\ud800'] }, 'sites[0].lobbies=…'],
    ['with a lone surrogate in a secret', { secret: '\ud800'.repeat(32) }, 'sites[0].secret=…'],
    [
      'with a secret and a public key',
      { secret, public_key: publicKey },
      'a secret or a public_key, not both',
    ],
    [
      'with the claim sub as an attribute',
      { secret, attributes: ['sub'] },
      'none of iss, sub, aud',
    ],
    ['with an attribute twice', { secret, attributes: ['a', 'a'] }, 'each only once'],
    [
      'with bands but no default band',
      { ...bands, default_age_band: undefined },
      'it must have both',
    ],
    ['with an unknown default band', { ...bands, default_age_band: 'x' }, 'must be one of them'],
    [
      'with bands but no key for tokens',
      { ...bands, secret: undefined },
      'need a secret or a public',
    ],
    [
      'with a bad TURN URL',
      { turn_urls: ['turn:h:abc'] },
      'sites[0].turn_urls[0]=turn:h:abc is not',
    ],
    [
      'with a bad ICE URL',
      { ice_servers: [{ urls: 'stun:h?x' }] },
      'sites[0].ice_servers[0].urls[0]=stun:h?… is',
    ],
    ['open to every page', { allowed_origins: '*' }, 'allowed_origins of site forum is open'],
    ['with a placeholder', { secret: 'change-me'.repeat(4) }, 'secret of site forum looks like'],
  ])('%s is refused', ([, more, sentence]) => {
    expect(mistakes(() => readSites({ ...site, ...more })).join('\n')).toContain(sentence)
  })

  test('is refused if another site has the same key', () => {
    expect(mistakes(() => readSites(site, site))).toEqual([
      'sites=… is not allowed: no key may appear twice',
    ])
  })
})

describe('is refused without --dev, and accepted with it:', () => {
  const placeholder = /^SECRET_KEY looks like a placeholder: set a random text/
  test.for<[string, Record<string, string>, RegExp]>([
    ['no secret key', { SECRET_KEY: '' }, /^SECRET_KEY is not set: set it to a random text/],
    [
      'a placeholder as secret key',
      { SECRET_KEY: 'please-change-me-please-change-me' },
      placeholder,
    ],
    ['another placeholder', { SECRET_KEY: 'your-secret-key-goes-here-your-key' }, placeholder],
    [
      'the placeholder of a documentation page',
      { SECRET_KEY: '<a random text from generate-keys>' },
      placeholder,
    ],
    ['one letter repeated', { SECRET_KEY: 'a'.repeat(40) }, placeholder],
    [
      'a placeholder as admin token',
      { ADMIN_TOKEN: 'replace_me_'.repeat(3) },
      /^ADMIN_TOKEN looks like a placeholder/,
    ],
    [
      'no allowed origins',
      { ALLOWED_ORIGINS: '' },
      /^ALLOWED_ORIGINS is not set: set it to the pages/,
    ],
    ['every origin', { ALLOWED_ORIGINS: '*' }, /^ALLOWED_ORIGINS is open to every page: set it/],
  ])('%s', ([, environment, sentence]) => {
    expect(mistakes(() => read(environment))).toEqual([expect.stringMatching(sentence)])
    expect(read({ ...environment, BUDDY_DEV: 'true' }).process.isDev).toBe(true)
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

describe('refuses settings that need or exclude each other', () => {
  test.for<[Record<string, string>, string]>([
    [{ TLS_CERT_FILE: 'c' }, 'TLS_CERT_FILE and TLS_KEY_FILE need each other: set both or neither'],
    [{ TLS_KEY_FILE: 'k' }, 'TLS_CERT_FILE and TLS_KEY_FILE need each other: set both or neither'],
    [
      { TURN_URLS: 'turn:t' },
      'TURN_URLS needs TURN_SECRET, the secret that the TURN servers and this server share',
    ],
    [
      { WEBHOOK_URL: 'https://h.example' },
      'WEBHOOK_URL needs WEBHOOK_SECRET, with which the receiver verifies the sender',
    ],
    [
      { TRUSTED_PROXY_HOPS: '1', TRUSTED_PROXIES: '10.0.0.1' },
      'TRUSTED_PROXY_HOPS and TRUSTED_PROXIES exclude each other: set one of them',
    ],
    [
      { SITES: JSON.stringify([{ ...site, turn_urls: 'turn:t' }]) },
      'turn_urls of site forum needs a turn_secret',
    ],
  ])('%o', ([environment, sentence]) => {
    expect(mistakes(() => read(environment))).toEqual([sentence])
    // Trial mode refuses them too, because half of such a pair is always a mistake.
    expect(mistakes(() => read({ ...environment, BUDDY_DEV: '1' }))).toEqual([sentence])
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
