// Which configurations are refused, and the errors that an operator gets.
import { afterAll, describe, expect, test } from 'vitest'
import { deleteFiles, file, mistakes, needed, read, site } from './read-config.fixture.ts'
import type { ConfigInput } from './read-config.ts'
import { readConfig } from './read-config.ts'

afterAll(deleteFiles)

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
