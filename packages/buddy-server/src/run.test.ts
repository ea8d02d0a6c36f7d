// Whatever makes a start fail makes `check-config` fail with the same message.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { ConfigInput } from './config/read-config.ts'
import { isOperatorMistake } from './operator-mistakes.ts'
import { checkStart, run } from './run.ts'
import { SqliteStore } from './safety/sqlite-store.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'buddy-start-'))
})
afterEach(() => rmSync(place, { recursive: true }))

const good = {
  SECRET_KEY: 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c',
  ALLOWED_ORIGINS: 'https://site.example',
  ICE_SERVERS: '',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'silent',
}

/** What is wrong with a set-up, and how its error message begins. */
interface BadSetUp {
  readonly environment?: Readonly<Record<string, string>>
  readonly flags?: Readonly<Record<string, string>>
  /** Prepares the machine. Returns more of the environment. */
  readonly prepare?: () =>
    Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  readonly message: RegExp
}

function file(name: string, content: string): string {
  writeFileSync(join(place, name), content)
  return join(place, name)
}

async function takenPort(): Promise<string> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  return String((other.address() as AddressInfo).port)
}

const iceServers = (credential: string): string =>
  JSON.stringify([{ urls: 'turn:t.example', username: 'u', credential }])

const setUps: Readonly<Record<string, BadSetUp>> = {
  'a missing secret key': { environment: { SECRET_KEY: '' }, message: /^SECRET_KEY is not set/ },
  'a placeholder as a secret': {
    environment: { ADMIN_TOKEN: 'replace-me-replace-me-replace-me' },
    message: /^ADMIN_TOKEN looks like a placeholder/,
  },
  'open origins': {
    environment: { ALLOWED_ORIGINS: '*' },
    message: /^ALLOWED_ORIGINS is open to every page/,
  },
  'an invalid variable': { environment: { MAX_ROOMS: 'many' }, message: /^MAX_ROOMS=many is not/ },
  'an invalid flag': { flags: { 'max-rooms': '-1' }, message: /^--max-rooms=-1 is not/ },
  'a mistyped variable': {
    environment: { ALLOWED_ORIGIN: 'self' },
    message: /^unknown setting ALLOWED_ORIGIN: did you mean ALLOWED_ORIGINS/,
  },
  'a configuration file that does not exist': {
    flags: { config: '/nowhere/buddy.yaml' },
    message: /^the configuration file \/nowhere\/buddy\.yaml cannot be read: it does not exist/,
  },
  'a configuration file that is not YAML': {
    prepare: () => ({ CONFIG_FILE: file('buddy.yaml', 'port: [') }),
    message: /buddy\.yaml cannot be read: line 1/,
  },
  'an unknown key in the configuration file': {
    prepare: () => ({ CONFIG_FILE: file('buddy.yaml', 'prot: 3000') }),
    message: /^unknown setting prot in buddy\.yaml$/,
  },
  'a public key of a site that is none': {
    environment: {
      SITES: JSON.stringify([
        { key: 'a', allowed_origins: ['https://a.example'], public_key: 'no key' },
      ]),
    },
    message: /^SITES\[0\]\.public_key/,
  },
  'an invalid ICE URL': {
    environment: { ICE_SERVERS: 'stun:h?transport=udp' },
    message: /^ICE_SERVERS\[0\]=stun:h\?transport=udp is not allowed/,
  },
  'ICE servers that no welcome message can contain': {
    environment: { ICE_SERVERS: iceServers('c'.repeat(600)) },
    message: /^clients cannot use these options: .*ICE_SERVERS/,
  },
  'TURN URLs without a secret': {
    environment: { TURN_URLS: 'turn:t.example' },
    message: /^TURN_URLS needs TURN_SECRET/,
  },
  'a webhook without a secret': {
    environment: { WEBHOOK_URL: 'https://hooks.example/' },
    message: /^WEBHOOK_URL needs WEBHOOK_SECRET/,
  },
  'a webhook URL that is none': {
    environment: {
      WEBHOOK_URL: 'ftp://hooks.example/',
      WEBHOOK_SECRET: 'aB3dE5gH7jK9mN1pQ3sT5vX7z',
    },
    message: /^WEBHOOK_URL=/,
  },
  'proxies by number and by address': {
    environment: { TRUSTED_PROXY_HOPS: '1', TRUSTED_PROXIES: '127.0.0.1' },
    message: /^TRUSTED_PROXY_HOPS and TRUSTED_PROXIES exclude each other/,
  },
  'a certificate without a key': {
    environment: { TLS_CERT_FILE: '/nowhere/cert.pem' },
    message: /^TLS_CERT_FILE and TLS_KEY_FILE need each other/,
  },
  'a certificate that does not exist': {
    environment: { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: '/nowhere/key.pem' },
    message: /^\/nowhere\/cert\.pem: there is no such file/,
  },
  'a certificate that is a folder': {
    prepare: () => {
      mkdirSync(join(place, 'cert'))
      return { TLS_CERT_FILE: join(place, 'cert'), TLS_KEY_FILE: file('key.pem', '') }
    },
    message: /cert: it is a folder/,
  },
  'a certificate file without a certificate': {
    prepare: () => ({ TLS_CERT_FILE: file('cert.pem', 'x'), TLS_KEY_FILE: file('key.pem', 'x') }),
    message: /cert\.pem: contains no certificate/,
  },
  'a data folder without a secret key': {
    environment: { DATA_DIR: '/nowhere/data', SECRET_KEY: '', DEV: 'true' },
    message: /^DATA_DIR needs SECRET_KEY/,
  },
  'a data folder that is a file': {
    prepare: () => ({ DATA_DIR: join(file('data', ''), 'below') }),
    message: /^DATA_DIR cannot be used \(.*below\): a part of the path is a file/,
  },
  'a data folder with a damaged file': {
    prepare: () => {
      file('buddy.sqlite', 'this is no database, but long enough to be one '.repeat(10))
      return { DATA_DIR: place }
    },
    message: /buddy\.sqlite is damaged/,
  },
  'a data folder that another server uses': {
    prepare: () => {
      const other = new SqliteStore(place)
      onTestFinished(() => other.close())
      return { DATA_DIR: place }
    },
    message: /buddy\.sqlite is in use by another server/,
  },
  'a port that is taken': {
    prepare: async () => ({ PORT: await takenPort() }),
    message: /^Cannot listen: port \d+ on 127\.0\.0\.1 is in use\. Set PORT/,
  },
  'an address of another machine': {
    environment: { HOST: '192.0.2.1' },
    message: /^Cannot listen: 192\.0\.2\.1 is no address of this machine\. Set HOST/,
  },
  'a platform without an addon': {
    prepare: () => {
      const { arch } = process
      Object.defineProperty(process, 'arch', { value: 'riscv64' })
      onTestFinished(() => void Object.defineProperty(process, 'arch', { value: arch }))
      return {}
    },
    message: /riscv64/,
  },
}

/** Returns the message for the operator with which `act` fails. */
async function mistakeOf(act: () => Promise<void>): Promise<string> {
  const error = await act().then(
    () => expect.unreachable('it did not fail'),
    (reason: unknown) => reason,
  )
  if (!isOperatorMistake(error)) throw error
  return error.message
}

test.for(Object.entries(setUps))(
  'check-config and the start fail with the same message: %s',
  async ([, { environment = {}, flags = {}, prepare = () => ({}), message }]) => {
    const input: ConfigInput = {
      environment: { ...good, ...environment, ...(await prepare()) },
      flags,
    }
    const onListening = vi.fn<() => void>()
    const atStart = await mistakeOf(() => run(input, onListening))
    expect(onListening).not.toHaveBeenCalled()
    expect(atStart).toMatch(message)
    expect(await mistakeOf(() => checkStart(input, {}))).toBe(atStart)
  },
)

test('checkStart accepts a good set-up, and leaves its port free', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  other.close()
  await once(other, 'close')
  const input: ConfigInput = { environment: { ...good, PORT: String(port) }, flags: {} }
  await expect(checkStart(input, {})).resolves.toBeUndefined()
  await expect(checkStart(input, {})).resolves.toBeUndefined()
})

test('checkStart accepts the port of a running server if the option isRunning is set', async () => {
  const input: ConfigInput = { environment: { ...good, PORT: await takenPort() }, flags: {} }
  await expect(checkStart(input, { isRunning: true })).resolves.toBeUndefined()
})

test('checkStart does not need Redis if the option isWithoutRedis is set', async () => {
  // Nothing listens at this port.
  const environment = { ...good, REDIS_URL: 'redis://127.0.0.1:1' }
  const input: ConfigInput = { environment, flags: {} }
  await expect(checkStart(input, {})).rejects.toThrow('nothing listens there')
  await expect(checkStart(input, { isWithoutRedis: true })).resolves.toBeUndefined()
})

test('checkStart checks the certificate of a running server too', async () => {
  const environment = { ...good, TLS_CERT_FILE: '/nowhere/c.pem', TLS_KEY_FILE: '/nowhere/k.pem' }
  const check = checkStart({ environment, flags: {} }, { isRunning: true })
  await expect(check).rejects.toThrow('/nowhere/c.pem: there is no such file')
})
