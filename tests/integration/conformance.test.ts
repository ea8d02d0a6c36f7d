// The server passes every case of the conformance suite. It runs as a process of its own, with time limits as
// short as the settings allow; `npm run conformance` runs the suite with the default settings.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../run-command.ts'
import { prepareServerProcess, type ServerProcess } from '../server-process.ts'

const command = 'packages/buddy-conformance/dist/cli.js'
const secret = 'a secret of thirty-two characters or more'

/** Short time limits, and no limits for the many connections from one address. */
const settings = {
  ALLOWED_ORIGINS: 'https://good.example',
  SITES: JSON.stringify([
    { key: 'closed', allowed_origins: ['https://good.example'], secret, text: false, video: false },
  ]),
  SOCKET_PING_INTERVAL: '1',
  SOCKET_PING_TIMEOUT: '3',
  HELLO_TIMEOUT_SECONDS: '2',
  RESUME_GRACE_SECONDS: '6',
  REMATCH_DELAY_SECONDS: '2',
  MAX_CONNECTIONS_PER_IP: '1000',
  MAX_SESSIONS_PER_IP: '1000',
  MAX_CONNECTS_PER_IP_PER_MINUTE: '100000',
  MAX_CONCURRENT_USERS: '1000',
  MAX_ROOMS: '500',
}

interface Report {
  readonly results: readonly {
    readonly id: string
    readonly feature: string
    readonly status: 'passed' | 'failed' | 'skipped'
    readonly reason?: string
  }[]
}

/** Starts a server that ends with the test. */
async function startServer(): Promise<ServerProcess> {
  const server = await prepareServerProcess(settings)
  onTestFinished(() => server.kill())
  await server.start()
  return server
}

/** Returns a shell command that restarts the server, and ends when it listens. */
async function restartCommand(server: ServerProcess): Promise<string> {
  const control = createServer((_request, response) => {
    void server
      .kill()
      .then(() => server.start())
      .then(() => response.end())
  })
  control.listen(0, '127.0.0.1')
  await once(control, 'listening')
  onTestFinished(() => void control.close())
  const { port } = control.address() as AddressInfo
  return `"${process.execPath}" -e "fetch('http://127.0.0.1:${port}')"`
}

/** Runs the command. Resolves with its report and its exit code. */
async function runSuite(
  url: string,
  ...args: readonly string[]
): Promise<Report & { code: unknown }> {
  const { code, output } = await runCommand(command, url, '--report', 'json', ...args)
  if (!output.startsWith('{')) throw new Error(output)
  return { ...(JSON.parse(output) as Report), code }
}

const withStatus = ({ results }: Report, wanted: string): readonly string[] =>
  results
    .filter(({ status }) => status === wanted)
    .map(({ id, reason }) => (reason === undefined ? id : `${id}: ${reason}`))

test('the server passes every case for its own site', { timeout: 120_000 }, async () => {
  const server = await startServer()
  const report = await runSuite(
    server.url,
    '--refused-origin',
    'https://bad.example',
    '--restart',
    await restartCommand(server),
    '--skip',
    'tokens/',
  )
  expect(withStatus(report, 'failed')).toEqual([])
  expect(withStatus(report, 'skipped')).toEqual([
    'rooms/refuses-texts-typing-and-text-mode-if-the-site-does-not-allow-texts: the site allows texts',
    'rooms/refuses-video-mode-if-the-site-does-not-allow-video: the site allows video',
  ])
  expect(withStatus(report, 'passed').length).toBeGreaterThan(400)
  expect(report.code).toBe(0)
})

test('the server passes the cases for a site with tokens, without texts and video', async () => {
  const server = await startServer()
  const sign = (visitor: number): Promise<string> =>
    new SignJWT({ sub: `visitor ${visitor}`, aud: 'closed' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5 minutes')
      .sign(new TextEncoder().encode(secret))
  // Each connection needs a user of its own, because the server never matches a user with a former partner.
  const tokens = await Promise.all(Array.from({ length: 500 }, (_, index) => sign(index)))
  const folder = mkdtempSync(join(tmpdir(), 'buddy-tokens-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'tokens.txt')
  writeFileSync(file, tokens.join('\n'))
  const report = await runSuite(
    server.url,
    '--site',
    'closed',
    '--tokens',
    file,
    '--only',
    'tokens/,hello/,queue/,matching/,relay/,rooms/,resume/',
  )
  expect(withStatus(report, 'failed')).toEqual([])
  const passed = withStatus(report, 'passed')
  expect(passed.filter((id) => id.startsWith('tokens/'))).toHaveLength(4)
  expect(passed.filter((id) => id.includes('if-the-site-does-not-allow'))).toHaveLength(2)
  expect(report.code).toBe(0)
})

test('the command exits with 1 and names the rule if a case fails', async () => {
  const server = await startServer()
  // The server accepts this origin, so the case that it must refuse it fails.
  const { code, output } = await runCommand(
    command,
    server.url,
    '--only',
    'origins/refuses',
    '--refused-origin',
    'https://good.example',
    '--timeout',
    '300',
  )
  expect(output).toContain(
    'Rule: The server must refuse a client whose `Origin` is not on its list',
  )
  expect(output).toContain('0 passed, 1 failed, 0 skipped')
  expect(code).toBe(1)
})

test('the command reports cases of features that the server does not claim as skipped, in TAP', async () => {
  const server = await startServer()
  const { code, output } = await runCommand(
    command,
    server.url,
    '--profile',
    'core',
    '--only',
    'offers/drops-the-offer-in-text-mode,connection/opens',
    '--report',
    'tap',
  )
  expect(output.split('\n')).toEqual([
    'TAP version 14',
    '1..2',
    'ok 1 - connection/opens-a-websocket-at-the-given-address: opens a WebSocket at the given address',
    'ok 2 - offers/drops-the-offer-in-text-mode: drops the offer in text mode # SKIP the feature offers is not claimed',
    '',
  ])
  expect(code).toBe(0)
})

test.for([
  [['http://localhost:1', '--only', 'no-such-case'], 'no case is left to run'],
  [['localhost:3000'], 'not a ws, wss, http or https address'],
  [['ws://localhost:1'], 'the WebSocket did not open: '],
  [['ws://localhost:1', '--profile', 'resumes'], '"resumes" is not one of full, core, resume'],
] as const)('the command exits with 2 for the arguments %j', async ([args, message]) => {
  const { code, output } = await runCommand(command, ...args)
  expect(output).toContain(message)
  expect(code).toBe(2)
})
