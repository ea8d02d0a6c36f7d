// The two ways to run it: `buddy-server` and `npm start`, as processes of their own.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { RawClient } from './raw-client.ts'

const root = join(import.meta.dirname, '../..')
const cli = join(root, 'packages/buddy-server/dist/cli.js')
const dev = join(root, 'scripts/dev.mjs')
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Running {
  readonly child: ChildProcess
  /** Everything written so far, on both streams. */
  readonly output: () => string
  readonly exited: Promise<number | null>
}

function run(args: string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ICE_SERVERS: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.push(child)
  let output = ''
  child.stdout!.on('data', (chunk) => (output += String(chunk)))
  child.stderr!.on('data', (chunk) => (output += String(chunk)))
  // `close`, not `exit`: by then everything it wrote has arrived.
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, exited }
}

async function addressOf({ child, exited, output }: Running): Promise<string> {
  const told = once(child, 'message').then(([message]) => (message as { url: string }).url)
  return Promise.race([
    told,
    exited.then(() => Promise.reject(new Error(`ended instead: ${output()}`))),
  ])
}

test.for(['SIGINT', 'SIGTERM'] as const)(
  'buddy-server ends at %s: clients are told, it exits with 0',
  async (signal) => {
    const running = run([cli])
    const client = await RawClient.join(await addressOf(running), 'Ana')
    running.child.kill(signal)
    await client.receive('going-away')
    expect(await client.closed()).toMatchObject({ code: 4000 })
    expect(await running.exited).toBe(0)
    expect(running.output()).toContain('"msg":"stopped"')
  },
)

test('buddy-server is configured by its environment', async () => {
  const running = run([cli], { MAX_CONCURRENT_USERS: '7', MAX_ROOMS: '3', LOG_LEVEL: 'silent' })
  const status = await (await fetch(`${await addressOf(running)}/status`)).json()
  expect(status).toMatchObject({ max_users: 7, max_rooms: 3 })
  expect(running.output()).toBe('')
})

test('a wrong variable is named, with what it must be, and the exit code is 1', async () => {
  const running = run([cli], { MAX_ROOMS: 'many', PORT: '70000' })
  expect(await running.exited).toBe(1)
  expect(running.output()).toBe(
    'PORT=70000 is not allowed: it must be a whole number from 0 to 65535\n' +
      'MAX_ROOMS=many is not allowed: it must be a whole number from 1 to 500000\n',
  )
})

test('arguments are refused rather than ignored', async () => {
  const running = run([cli, '--port', '4000'])
  expect(await running.exited).toBe(1)
  expect(running.output()).toContain('buddy-server takes no arguments')
})

test('a port that is taken is named in a sentence, and the exit code is 1', async () => {
  const first = run([cli])
  const { port } = new URL(await addressOf(first))
  const second = run([cli], { PORT: port })
  expect(await second.exited).toBe(1)
  expect(second.output()).toContain(`port ${port} on 0.0.0.0 is taken`)
  expect(second.output()).toContain('Set PORT (or HOST) to another one.')
})

test('nothing private is in the log: no name, text or address', async () => {
  const running = run([cli])
  const url = await addressOf(running)
  const client = await RawClient.join(url, 'Wilhelmina', { origin: 'https://site.example' })
  client.enter({ interests: ['numismatics'] })
  await client.receive('waiting')
  client.send({ type: 'text', text: 'secret words' })
  await client.error()
  running.child.kill('SIGTERM')
  await running.exited
  expect(running.output()).toContain('listening')
  expect(running.output()).not.toMatch(/Wilhelmina|numismatics|secret|127\.0\.0\.1|site\.example/)
})

test('npm start says where to click; Ctrl-C ends it at once and leaves no process', async () => {
  const running = run([dev, 'start'])
  const listening = new Promise<string>((resolve) => {
    running.child.stdout!.on('data', () => {
      const found = /http:\/\/localhost:\d+/.exec(running.output())
      if (found) resolve(found[0])
    })
  })
  const url = await Promise.race([
    listening,
    running.exited.then(() => Promise.reject(new Error(running.output()))),
  ])
  expect(running.output()).toContain('press Start')
  expect(running.output().trim().split('\n').length).toBeLessThan(12)
  const page = await fetch(url, { headers: { Accept: 'text/html' } })
  expect(await page.text()).toContain('<buddy-chat>')
  const client = await RawClient.join(url, 'Ana')

  running.child.kill('SIGINT')
  expect(await client.closed()).toMatchObject({ code: 4000 })
  // Both streams are closed: no process that inherited them is left.
  await running.exited
  await expect(fetch(url)).rejects.toThrow()
})

test('the server’s files are built with it', () => {
  for (const name of ['buddy-chat.js', 'index.html', 'demo.css', 'demo.js']) {
    expect(existsSync(join(root, 'packages/buddy-server/dist/public', name))).toBe(true)
  }
})
