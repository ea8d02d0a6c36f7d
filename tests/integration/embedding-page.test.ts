// Every snippet of docs/embedding.md runs, and does what the page states.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BuddyServer } from '@buddy-chat/server'
import { createBuddyServer, verifySignature } from '@buddy-chat/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readConfig } from '../../packages/buddy-server/src/config/read-config.ts'
import { RawClient } from './raw-client.ts'

const page = readFileSync(new URL('../../docs/embedding.md', import.meta.url), 'utf8')
const snippets = [...page.matchAll(/```js\n([^`]*)```/g)].map(([, code = '']) => code)

/** The results of a snippet. */
interface Run {
  readonly servers: readonly BuddyServer[]
  /** URLs of the servers that the snippet made listen, in order. */
  readonly urls: readonly string[]
  /** The actual and the expected value of each line that states its value in a comment. */
  readonly results: readonly (readonly [unknown, unknown])[]
  /** The value of the last `const` of the snippet. */
  readonly value: unknown
}

/**
 * Runs the snippet that contains `text`; `names` are variables that it may use.
 * @throws what the snippet throws
 */
async function run(text: string, names: Readonly<Record<string, unknown>> = {}): Promise<Run> {
  const found = snippets.filter((code) => code.includes(text))
  expect(found).toHaveLength(1)
  const servers: BuddyServer[] = []
  const urls: string[] = []
  const results: [unknown, unknown][] = []
  const given = {
    verifySignature,
    results,
    // Creates a server that listens on a free port; records the server and its URL.
    createBuddyServer: (...[options, surroundings]: Parameters<typeof createBuddyServer>) => {
      const own = { ...options, port: 0, shutdownTimeoutMs: 0, iceServers: [] }
      const server = createBuddyServer(own, surroundings)
      servers.push(server)
      return {
        ...server,
        listen: async () => {
          const listening = await server.listen()
          urls.push(listening.url)
          return listening
        },
        reload: (renewed: object) => server.reload({ ...own, ...renewed, port: 0 }),
      }
    },
    ...names,
  }
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })
  const constants = [...found[0]!.matchAll(/^const (\w+) =/gm)]
  const body = found[0]!
    .replace(/^import \{ \w+ \} from '@buddy-chat\/server'$/gm, '')
    .replace(/^(\S.*) \/\/ (.*)$/gm, 'results.push([$1, $2])')
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor
  const compiled = AsyncFunction(
    ...Object.keys(given),
    `'use strict';\n${body}\nreturn ${constants.at(-1)?.[1] ?? 'undefined'}`,
  ) as (...values: unknown[]) => Promise<unknown>
  return { servers, urls, results, value: await compiled(...Object.values(given)) }
}

const secret = 'of-these-tests-only-3f9c27ab10de'

test('the snippet with options starts a server that applies them', async () => {
  const { urls, servers } = await run('secretKey', { process: { env: { SECRET_KEY: secret } } })
  await RawClient.join(urls[0]!, 'Ana', { origin: 'https://www.example.org' })
  const refusedClient = await RawClient.connect(urls[0]!, { origin: 'https://other.example' })
  expect(await refusedClient.errorCode()).toBe('origin-not-allowed')
  expect(servers[0]!.status()).toMatchObject({ max_users: 500, users: 1 })
})

test('the methods of a server return the values in the comments of the snippet', async () => {
  const { results } = await run('server.status().users')
  expect(results).toHaveLength(5)
  for (const [actual, expected] of results) expect(actual).toEqual(expected)
})

test('the program closes the server on SIGTERM and exits', async () => {
  const once = vi.fn<(signal: string, listener: () => Promise<void>) => void>()
  const exit = vi.fn<(code: number) => void>()
  const { urls } = await run('process.once', { process: { once, exit } })
  const client = await RawClient.join(urls[0]!, 'Ana')
  const [signal, stop] = once.mock.calls[0]!
  expect(signal).toBe('SIGTERM')
  await stop()
  expect(exit).toHaveBeenCalledWith(0)
  expect(await client.closed()).toMatchObject({ code: 4000 })
})

test('the hooks refuse connections, users and texts, and receive reports and events', async () => {
  const counted: string[] = []
  const stored: unknown[] = []
  let isBlocked = true
  const members = [{ nickname: 'Ana' }, { nickname: 'Bob' }]
  const { urls, servers } = await run('onUpgrade: (', {
    isBlocked: () => isBlocked,
    findMember: () => Promise.resolve(members.shift()),
    mayPass: (text: string) => Promise.resolve(text !== 'no'),
    count: (what: string) => counted.push(what),
    store: (report: object) => stored.push(report),
    console: { info: () => undefined, warn: () => undefined, error: () => undefined },
  })
  const url = (await servers[0]!.listen()).url
  expect(urls).toEqual([])
  expect(await (await RawClient.connect(url)).errorCode()).toBe('refused')
  isBlocked = false
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'text', text: 'no' })
  expect(await one.errorCode()).toBe('refused')
  one.send({ type: 'text', text: 'yes' })
  expect(await other.receive('text')).toMatchObject({ text: 'yes' })
  other.send({ type: 'report', reason: 'spam', room: null })
  await other.settled()
  expect(stored).toEqual([{ by: expect.any(String), aboutId: expect.any(String), reason: 'spam' }])
  const refusedClient = await RawClient.connect(url)
  refusedClient.sendHello()
  expect(await refusedClient.errorCode()).toBe('refused')
  await servers[0]!.close()
  expect(counted).toEqual(['match', 'stopped', 'stopped'])
})

test.for([true, false])(
  'verifySignature returns whether the signature is genuine (%s)',
  async (isGenuine) => {
    const body = '{"event":"match"}'
    const at = Math.floor(Date.now() / 1000)
    const key = isGenuine ? secret : 'another'
    const signature = createHmac('sha256', key).update(`${at}.${body}`).digest('hex')
    const { value } = await run('verifySignature({', {
      process: { env: { WEBHOOK_SECRET: secret } },
      request: { headers: { 'buddy-signature': `t=${at},v1=${signature}` } },
      body,
    })
    expect(value).toBe(isGenuine)
  },
)

test('a new visitor is admitted with a proof, and refused without', async () => {
  const { servers } = await run('isSolved(proof)', {
    isSolved: (proof: string | null) => Promise.resolve(proof === 'solved'),
  })
  const url = (await servers[0]!.listen()).url
  const client = await RawClient.connect(url)
  client.sendHello()
  expect(await client.errorCode()).toBe('proof-required')
  const solved = await RawClient.connect(url)
  solved.sendHello({ proof: 'solved' })
  await solved.receive('welcome')
})

test('the page has no snippet without a test', () => {
  expect(snippets).toHaveLength(6)
})

const rows = [...page.matchAll(/^\| `([A-Z_]+)=(\S+)` +\| `(\w+): (.+)` +\|$/gm)]

test.for(
  rows.map(([, key = '', value = '', name = '', option = '']) => ({ key, value, name, option })),
)('$key has the same effect as the option $name', ({ key, value, name, option }) => {
  const { options } = readConfig({ environment: { [key]: value, BUDDY_DEV: 'true' } })
  expect(options[name as keyof typeof options]).toEqual(Function(`return ${option}`)())
})

test('an option that is undefined has its default value', async () => {
  const server = createBuddyServer({ maxUsers: undefined, port: 0 } as never)
  onTestFinished(() => server.close())
  const defaults = createBuddyServer().status()
  expect(server.status().max_users).toBe(defaults.max_users)
  server.reload({ maxUsers: 7, maxRooms: undefined, port: 0 } as never)
  expect(server.status()).toMatchObject({ max_users: 7, max_rooms: defaults.max_rooms })
})
