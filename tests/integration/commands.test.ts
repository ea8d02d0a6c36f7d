// The commands `buddy-server` and `npm start`.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { settings } from '../../packages/buddy-server/src/config/all-settings.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const root = join(import.meta.dirname, '../..')
const cli = join(root, 'packages/buddy-server/dist/cli.js')
const dev = join(root, 'scripts/dev.mjs')

/** Settings without which a server that is not in `--dev` mode does not start. */
const requiredSettings = {
  SECRET_KEY: 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c',
  ALLOWED_ORIGINS: 'https://site.example',
}

/** Runs Node with `args`, until the test ends. */
function run(args: string[], env: NodeJS.ProcessEnv = {}): WatchedProcess {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...requiredSettings, ICE_SERVERS: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}

test.for(['SIGINT', 'SIGTERM'] as const)(
  'on %s sends going-away to clients and exits with 0',
  async (signal) => {
    const running = run([cli])
    const client = await RawClient.join(await running.url(), 'Ana')
    running.child.kill(signal)
    await client.receive('going-away')
    expect(await client.closed()).toMatchObject({ code: 4000 })
    expect(await running.exited).toBe(0)
    expect(running.output()).toContain('"msg":"stopped"')
  },
)

test('reads settings from the environment', async () => {
  const running = run([cli], { MAX_CONCURRENT_USERS: '7', MAX_ROOMS: '3', LOG_LEVEL: 'silent' })
  const status = await (await fetch(`${await running.url()}/status`)).json()
  expect(status).toMatchObject({ max_users: 7, max_rooms: 3 })
  expect(running.output()).toBe('')
})

test('exits with 1 and one message for each invalid variable', async () => {
  const running = run([cli], { MAX_ROOMS: 'many', PORT: '70000' })
  expect(await running.exited).toBe(1)
  expect(running.output()).toBe(
    'PORT=70000 is not allowed: it must be a whole number from 0 to 65535\n' +
      'MAX_ROOMS=many is not allowed: it must be a whole number from 1 to 500000\n',
  )
})

test('prefers flags to the environment, and refuses an unknown flag', async () => {
  const running = run([cli, '--max-rooms', '4', '--log-level=silent'], { MAX_ROOMS: '3' })
  const status = await (await fetch(`${await running.url()}/status`)).json()
  expect(status).toMatchObject({ max_rooms: 4 })
  const wrong = run([cli, '--max-room', '4'])
  expect(await wrong.exited).toBe(1)
  expect(wrong.output()).toContain("unknown option '--max-room'")
  expect(wrong.output()).toContain('Did you mean --max-rooms?')
})

test('--help lists every setting', async () => {
  const running = run([cli, '--help'])
  expect(await running.exited).toBe(0)
  for (const { key } of Object.values(settings)) {
    expect(running.output()).toContain(`--${key.toLowerCase().replaceAll('_', '-')} `)
  }
  for (const command of ['check-config', 'print-config', 'generate-keys', 'turn-config', 'init']) {
    expect(running.output()).toContain(command)
  }
})

test('check-config exits with 0 if the configuration is valid, otherwise with 1 and messages', async () => {
  const fine = run([cli, 'check-config'])
  expect([await fine.exited, fine.output()]).toEqual([0, 'The configuration is valid.\n'])
  const wrong = run([cli, 'check-config'], {
    SECRET_KEY: '',
    ALLOWED_ORIGINS: '*',
    // Many tools set DEV. The server must not treat it like `--dev`.
    DEV: 'true',
  })
  expect(await wrong.exited).toBe(1)
  expect(wrong.output()).toMatch(/^SECRET_KEY is not set: set it to a random text .*--dev$/m)
  expect(wrong.output()).toMatch(/^ALLOWED_ORIGINS is open to every page: set it to/m)
  // check-config also finds errors that otherwise only the start of the server finds.
  const credential = 'c'.repeat(600)
  const invalid = run([cli, 'check-config'], {
    ICE_SERVERS: JSON.stringify([{ urls: 'turn:t.example', username: 'u', credential }]),
  })
  expect(await invalid.exited).toBe(1)
  expect(invalid.output()).toMatch(/^clients cannot use these options: .*ICE_SERVERS/)
})

test('check-config finds invalid ICE URLs in every setting', async () => {
  const running = run([cli, 'check-config'], {
    ICE_SERVERS: 'stun:fine.example, stun:h?transport=udp',
    TURN_URLS: 'turn:h:99999',
    TURN_SECRET: 'shared with coturn',
    SITES: JSON.stringify([
      { key: 'a', allowed_origins: ['https://a.example'], turn_urls: ['turns://h'] },
    ]),
  })
  expect(await running.exited).toBe(1)
  const lines = running.output().trim().split('\n')
  expect(lines).toEqual([
    expect.stringMatching(
      /^SITES\[0\]\.turn_urls\[0\]=turns:\/\/h is not allowed: .* without \/\/$/,
    ),
    expect.stringMatching(
      /^ICE_SERVERS\[1\]=stun:h\?transport=udp is not allowed: a stun: URL has no query/,
    ),
    expect.stringMatching(
      /^TURN_URLS\[0\]=turn:h:99999 is not allowed: the port must be from 1 to 65535$/,
    ),
  ])
})

test('print-config prints each value and its source, and masks secrets', async () => {
  const running = run([cli, '--max-rooms=4', 'print-config'])
  expect(await running.exited).toBe(0)
  expect(running.output()).toContain('max_rooms: 4  # --max-rooms')
  expect(running.output()).toContain('secret_key: "********"  # environment')
  expect(running.output()).not.toContain(requiredSettings.SECRET_KEY)
})

test('generate-keys prints secrets that a server accepts', async () => {
  const [one, other] = [run([cli, 'generate-keys']), run([cli, 'generate-keys'])]
  expect([await one.exited, await other.exited]).toEqual([0, 0])
  expect(one.output()).not.toBe(other.output())
  const keys = Object.fromEntries(
    one
      .output()
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  )
  expect(Object.keys(keys)).toEqual(['SECRET_KEY', 'ADMIN_TOKEN', 'TURN_SECRET', 'WEBHOOK_SECRET'])
  const checked = run([cli, 'check-config'], keys)
  expect([await checked.exited, checked.output()]).toEqual([0, 'The configuration is valid.\n'])
})

test('on SIGHUP reloads the configuration file without closing connections', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-reload-'))
  try {
    const config = join(folder, 'buddy.yaml')
    writeFileSync(config, 'max_concurrent_users: 2\n')
    const running = run([cli, '--config', config])
    const url = await running.url()
    const [one, other] = await RawClient.pair(url)
    const late = await RawClient.connect(url)
    late.sendHello()
    expect(await late.errorCode()).toBe('server-full')

    writeFileSync(config, 'max_concurrent_users: 3\nallowed_origins: [https://new.example]\n')
    running.child.kill('SIGHUP')
    await running.writes('"msg":"configuration reloaded"')
    await expectTextsRelayed(one, other)
    await RawClient.join(url, 'Late')
    // ALLOWED_ORIGINS is also set in the environment, which takes precedence over the file.
    const refusedClient = await RawClient.connect(url, { origin: 'https://new.example' })
    expect(await refusedClient.errorCode()).toBe('origin-not-allowed')

    writeFileSync(config, 'max_concurrent_users: many\n')
    running.child.kill('SIGHUP')
    await running.writes('configuration not reloaded: the previous one stays in use')
    expect(running.output()).toContain('max_concurrent_users=many is not allowed')
    await expectTextsRelayed(one, other)

    writeFileSync(config, 'max_concurrent_users: 3\nsocket_ping_interval: 9\n')
    running.child.kill('SIGHUP')
    await running.writes('changed settings need a restart')
    expect(running.output()).toContain('SOCKET_PING_INTERVAL')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.for([
  [['chek-config'], "unknown command 'chek-config'\n(Did you mean check-config?)"],
  [['--dev', 'print-confg'], "unknown command 'print-confg'\n(Did you mean print-config?)"],
  [['start'], '(The commands are init, check-config, '],
  [['check-config', 'twice'], "too many arguments for 'check-config'"],
  [['SECRET_KEY=hunter2'], "unknown command 'SECRET_KEY=…'"],
] as const)(
  'refuses the arguments %s with a message, and does not start',
  async ([args, message]) => {
    const running = run([cli, ...args])
    expect(await running.exited).toBe(1)
    expect(running.output()).toContain(message)
    expect(running.output()).not.toMatch(/listening|hunter2/)
  },
)

test('exits at once on a second signal', async () => {
  const running = run([cli], { SHUTDOWN_TIMEOUT_SECONDS: '3600' })
  const [one] = await RawClient.pair(await running.url())
  running.child.kill('SIGTERM')
  await one.receive('going-away')
  running.child.kill('SIGTERM')
  expect(await running.exited).toBe(0)
})

test('--dev needs no settings, and listens on the loopback address only', async () => {
  const running = run([cli, '--dev'], { SECRET_KEY: '', ALLOWED_ORIGINS: '', LOG_LEVEL: 'silent' })
  const url = await running.url()
  const client = await RawClient.connect(url, { origin: 'https://anywhere.example' })
  client.sendHello()
  await client.receive('welcome')
  const elsewhere = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)
  if (!elsewhere) return
  const { port } = new URL(url)
  await expect(fetch(`http://${elsewhere.address}:${port}/healthz`)).rejects.toThrow()
})

test('exits with 1 and a message if the port is taken', async () => {
  const first = run([cli])
  const { port } = new URL(await first.url())
  const second = run([cli], { PORT: port })
  expect(await second.exited).toBe(1)
  expect(second.output()).toContain(`port ${port} on 0.0.0.0 is in use`)
  expect(second.output()).toContain('Set PORT (or HOST) to another one.')
  const check = run([cli, 'check-config'], { PORT: port })
  expect([await check.exited, check.output()]).toEqual([1, second.output()])
  const ofRunning = run([cli, 'check-config', '--running'], { PORT: port })
  expect([await ofRunning.exited, ofRunning.output()]).toEqual([0, 'The configuration is valid.\n'])
})

test('logs no name, text, origin or address', async () => {
  const running = run([cli])
  const url = await running.url()
  const client = await RawClient.join(url, 'Wilhelmina', { origin: 'https://site.example' })
  client.enter({ interests: ['numismatics'] })
  await client.receive('waiting')
  client.send({ type: 'text', text: 'secret words' })
  await client.errorCode()
  running.child.kill('SIGTERM')
  await running.exited
  expect(running.output()).toContain('listening')
  expect(running.output()).not.toMatch(/Wilhelmina|numismatics|secret|127\.0\.0\.1|site\.example/)
})

test('npm start prints the URL; SIGINT ends it and leaves no process', async () => {
  const running = run([dev, 'start'])
  const [url] = await running.matches(/http:\/\/localhost:\d+/)
  await running.writes('press Start')
  expect(running.output().trim().split('\n').length).toBeLessThan(12)
  const page = await fetch(url, { headers: { Accept: 'text/html' } })
  expect(await page.text()).toContain('<buddy-chat>')
  const client = await RawClient.join(url, 'Ana')

  running.child.kill('SIGINT')
  expect(await client.closed()).toMatchObject({ code: 4000 })
  // Resolves only when both output streams are closed, so no process that inherited them still runs.
  await running.exited
  await expect(fetch(url)).rejects.toThrow()
})
