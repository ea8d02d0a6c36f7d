import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { ConfigError, readConfig, variables } from './read-config.ts'
import { defaultOptions } from './options.ts'

test('an empty environment leaves every default', () => {
  expect(readConfig({})).toEqual({ options: defaultOptions, logLevel: 'info' })
  expect(readConfig({ PORT: '', LOG_LEVEL: '' })).toEqual(readConfig({}))
})

test('every variable has its option, in the option’s unit', () => {
  const { options, logLevel } = readConfig({
    PORT: '8080',
    HOST: '127.0.0.1',
    MAX_CONCURRENT_USERS: '5',
    MAX_ROOMS: '2',
    MAX_CONNECTIONS_PER_IP: '3',
    TRUSTED_PROXY_HOPS: '1',
    ALLOWED_ORIGINS: 'https://a.example, https://*.b.example',
    ICE_SERVERS: 'stun:a.example, stuns:b.example',
    SOCKET_PING_INTERVAL: '25',
    SOCKET_PING_TIMEOUT: '16.1',
    SOCKET_MAX_HTTP_BUFFER_SIZE: '70000',
    MAX_BACKLOG_BYTES: '80000',
    HELLO_TIMEOUT_SECONDS: '4',
    REMATCH_DELAY_SECONDS: '0',
    LOG_LEVEL: 'warn',
  })
  expect(options).toEqual({
    port: 8080,
    host: '127.0.0.1',
    maxUsers: 5,
    maxRooms: 2,
    maxConnectionsPerAddress: 3,
    trustedProxyHops: 1,
    allowedOrigins: ['https://a.example', 'https://*.b.example'],
    iceServers: [{ urls: ['stun:a.example'] }, { urls: ['stuns:b.example'] }],
    pingIntervalMs: 25_000,
    pingTimeoutMs: 16_100,
    maxFrameBytes: 70_000,
    maxBacklogBytes: 80_000,
    helloTimeoutMs: 4000,
    rematchDelayMs: 0,
  })
  expect(Object.keys(options).sort()).toEqual(Object.keys(defaultOptions).sort())
  expect(logLevel).toBe('warn')
})

test('ICE servers with credentials come as JSON; an empty value means none', () => {
  const ICE_SERVERS = '[{"urls":"turn:t.example","username":"u","credential":"c"}]'
  expect(readConfig({ ICE_SERVERS }).options.iceServers).toEqual([
    { urls: ['turn:t.example'], username: 'u', credential: 'c' },
  ])
  expect(readConfig({ ICE_SERVERS: '' }).options.iceServers).toEqual([])
})

test.for([
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '3000x'],
  ['MAX_ROOMS', '0'],
  ['MAX_CONCURRENT_USERS', '1e3'],
  ['SOCKET_PING_INTERVAL', '0'],
  ['ALLOWED_ORIGINS', 'chat.example'],
  ['ALLOWED_ORIGINS', 'https://chat.example/'],
  ['ALLOWED_ORIGINS', 'https://chat.example:443'],
  ['ALLOWED_ORIGINS', 'https://a.*.example'],
  ['ALLOWED_ORIGINS', 'https://*'],
  ['ALLOWED_ORIGINS', ' , '],
  ['HELLO_TIMEOUT_SECONDS', '3000000'],
  ['LOG_LEVEL', 'loud'],
] as const)('%s=%s is refused by name', ([key, value]) => {
  const refuse = (): unknown => readConfig({ [key]: value })
  expect(refuse).toThrow(ConfigError)
  expect(refuse).toThrow(`${key}=${value} is not allowed: it must be `)
})

test.for([
  'http://stun.example',
  'turn:no-password.example',
  '[{"url":"stun:a"}]',
  '[{"urls":"turn:t.example","username":"u","credential":"s3cret"},]',
  '[{"urls":"turn:t.example","credential":"s3cret"}]',
])('ICE_SERVERS=%s is refused, and not repeated: it may hold a password', (ICE_SERVERS) => {
  const refuse = (): unknown => readConfig({ ICE_SERVERS })
  expect(refuse).toThrow('ICE_SERVERS=… is not allowed: it must be stun: URLs')
  expect(refuse).not.toThrow('s3cret')
})

test('docs/server.md lists every variable with its default', () => {
  const page = readFileSync(new URL('../../../../docs/server.md', import.meta.url), 'utf8')
  const listed = Object.fromEntries(
    [...page.matchAll(/^\| `([A-Z_]+)`\s*\| (\S+)\s*\|/gm)].map(([, name, value]) => [
      name!,
      value!.replaceAll('\\', ''),
    ]),
  )
  expect(Object.keys(listed).sort()).toEqual([...variables].sort())
  expect(readConfig(listed)).toEqual(readConfig({}))
})
