// A report leads to a decision, a ban, a refusal with its reason, and after the ban is lifted to a welcome:
// with real servers, commands and sockets, across restarts and a killed process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { BanEntry, Decision, ReportGroup } from '@buddy-chat/server'
import { expect, onTestFinished, test } from 'vitest'
import type { CliProcess } from './cli-process.ts'
import { startCliProcess } from './cli-process.ts'
import { RawClient } from './raw-client.ts'
import type { Delivery } from './webhook-receiver.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')
const adminToken = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1a'
const secretKey = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1k'
/** The smallest picture that the server takes for a JPEG. */
const still = Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 0xff, 0xd9).toString('base64')

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-moderation-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const settingsOf = (dataDir: string): Record<string, string> => ({
  ADMIN_TOKEN: adminToken,
  SECRET_KEY: secretKey,
  DATA_DIR: dataDir,
  APPEAL_URL: 'https://site.example/appeal',
  TRUSTED_PROXY_HOPS: '1',
})

/** Runs a sub-command of `buddy-server`. Resolves with its exit code and its output. */
async function command(
  url: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string; errors: string }> {
  const at = url === '' ? [] : ['--url', url]
  const child = spawn(process.execPath, [cli, ...args, ...at], {
    env: { PATH: process.env['PATH'], ADMIN_TOKEN: adminToken, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { code, output, errors }
}

/** Runs a sub-command that must succeed. Resolves with the answer of the server. */
async function answerOf<T>(url: string, ...args: readonly string[]): Promise<T> {
  const { code, output, errors } = await command(url, [...args, '--json'])
  expect([code, errors]).toEqual([0, ''])
  return JSON.parse(output) as T
}

const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }

/** Returns the people with open reports, by HTTP, which is faster than a command. */
async function reportsAt(url: string): Promise<readonly ReportGroup[]> {
  const answer = await fetch(`${url}/moderation/reports`, { headers })
  return ((await answer.json()) as { groups: ReportGroup[] }).groups
}

/** Decides about the only reported person, by HTTP. */
async function decide(url: string, kind: string, durationMs: number | null = null): Promise<void> {
  const [group] = await reportsAt(url)
  const body = JSON.stringify({ personId: group!.personId, kind, reason: 'spam', durationMs })
  const { status } = await fetch(`${url}/moderation/decide`, { method: 'POST', headers, body })
  expect(status).toBe(200)
}

/** A client and the visitor token that its browser keeps. */
interface Visitor {
  readonly client: RawClient
  readonly visitor: string
}

const at = (address: string) => ({ headers: { 'X-Forwarded-For': address } })

async function visit(url: string, address: string, visitor?: string): Promise<Visitor> {
  const client = await RawClient.connect(url, at(address))
  client.sendHello({ ...(visitor !== undefined && { visitor }) })
  const { visitorToken } = await client.receive('welcome')
  return { client, visitor: visitorToken! }
}

/** Lets two new visitors meet. The first one reports the second. */
async function meetAndReport(
  url: string,
  network = '192.0.2',
): Promise<readonly [Visitor, Visitor]> {
  const ana = await visit(url, `${network}.1`)
  const bob = await visit(url, `${network}.2`)
  ana.client.enter()
  await ana.client.receive('waiting')
  bob.client.enter()
  const { room } = await ana.client.receive('matched')
  // The partner has left before the report.
  await bob.client.leave()
  await ana.client.receive('partner-left')
  const report = { type: 'report', reason: 'threats', room } as const
  ana.client.send({ ...report, note: 'he said where I live', still })
  ana.client.send({ ...report, reason: 'spam' })
  await ana.client.settled()
  return [ana, bob]
}

/** Resolves with the refusal of a client, and with the measure that it received before. */
async function refusal(url: string, address: string, visitor?: string) {
  const client = await RawClient.connect(url, at(address))
  client.sendHello({ ...(visitor !== undefined && { visitor }) })
  const measure = await client.receive('measure')
  const code = await client.errorCode()
  return { measure, code, closed: (await client.closed()).code }
}

const stop = async (server: CliProcess): Promise<void> => {
  server.signal('SIGTERM')
  await server.exited
}

test('a report is decided by command, the ban refuses with its reason, and a lifted ban admits again', async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const server = await startCliProcess(settingsOf(dataDir))
  const { url } = server
  const [, bob] = await meetAndReport(url)
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  expect(statSync(join(dataDir, 'buddy.sqlite')).mode & 0o777).toBe(0o600)

  const { groups } = await answerOf<{ groups: ReportGroup[] }>(url, 'reports')
  expect(groups).toHaveLength(1)
  const [group] = groups as [ReportGroup]
  expect(group).toMatchObject({ counts: { threats: 1 }, reporters: 1, weight: 1, isOnline: false })
  const [report] = group.reports
  expect(report).toMatchObject({ note: 'he said where I live', hasStill: true, mode: 'video' })
  const picture = await fetch(`${url}/moderation/still?report=${report!.id}`, { headers })
  expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(still)

  const ban = ['decide', group.personId, 'ban', '--reason', 'threats', '--for', '7d']
  const { decision } = await answerOf<{ decision: Decision }>(url, ...ban, '--note', 'Rule 3')
  expect(decision).toMatchObject({ kind: 'ban', source: 'notice', isAutomatic: false })
  const told = {
    type: 'measure',
    kind: 'ban',
    reason: 'threats',
    isAutomatic: false,
    until: Math.ceil(decision.untilMs! / 1000),
    appealUrl: 'https://site.example/appeal',
    decision: decision.id,
    statement: 'Rule 3',
  }
  const refused = { measure: told, code: 'banned', closed: 4510 }
  // The same browser elsewhere, then another browser at the latest address.
  expect(await refusal(url, '192.0.2.77', bob.visitor)).toEqual(refused)
  // Another user may have the address now, and must not receive the operator's text to the person.
  const atAddress = { ...told, statement: undefined }
  expect(await refusal(url, '192.0.2.2')).toEqual({ ...refused, measure: atAddress })

  const { bans } = await answerOf<{ bans: BanEntry[] }>(url, 'bans')
  expect(bans).toMatchObject([{ personId: group.personId, holdsForAddress: true, isStored: true }])
  await answerOf(url, 'unban', bans[0]!.id, '--by', 'kim')
  await visit(url, '192.0.2.2', bob.visitor)
  const { decisions } = await answerOf<{ decisions: Decision[] }>(url, 'decisions')
  expect(decisions.map(({ kind, by }) => [kind, by])).toEqual([
    ['lift', 'kim'],
    ['ban', expect.any(String)],
  ])
  const verified = await command(url, ['audit', 'verify'])
  expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('2 entries') })
  const exported = (await command(url, ['audit', 'export'])).output.trim().split('\n')
  expect(exported.map((line) => (JSON.parse(line) as Decision).kind)).toEqual(['ban', 'lift'])
  expect(server.output()).not.toMatch(/ExperimentalWarning|where I live|192\.0\.2/)
  // A dozen processes start one after the other.
}, 60_000)

test('a ban ends all sessions of a person at once, and sends each the reason', async () => {
  const { url } = await startCliProcess(settingsOf(temporaryFolder()))
  const [, bob] = await meetAndReport(url)
  const tabs = [
    await visit(url, '192.0.2.2', bob.visitor),
    await visit(url, '192.0.2.3', bob.visitor),
  ]
  const other = await visit(url, '192.0.2.3')
  expect(await reportsAt(url)).toMatchObject([{ isOnline: true }])
  await decide(url, 'ban')
  for (const { client } of tabs) {
    expect(await client.receive('measure')).toMatchObject({ kind: 'ban', until: null })
    expect(await client.errorCode()).toBe('banned')
    expect((await client.closed()).code).toBe(4510)
  }
  await other.client.settled()
})

test('reports and bans outlive a restart, and the folder contains no address and no token', async () => {
  const dataDir = temporaryFolder()
  const first = await startCliProcess(settingsOf(dataDir))
  const [, bob] = await meetAndReport(first.url)
  await decide(first.url, 'ban')
  const [group] = await meetAndReport(first.url, '198.51.100').then(() => reportsAt(first.url))
  await stop(first)
  const bytes = readFileSync(join(dataDir, 'buddy.sqlite'), 'latin1')
  expect(bytes).toContain(group!.personId)
  for (const secret of ['192.0.2', '198.51.100', bob.visitor, secretKey])
    expect(bytes).not.toContain(secret)
  const second = await startCliProcess(settingsOf(dataDir))
  const { url } = second
  expect(await reportsAt(url)).toEqual([{ ...group, isOnline: false }])
  expect(await refusal(url, '192.0.2.9', bob.visitor)).toMatchObject({ code: 'banned' })
  await stop(second)
})

test('people of whom one has reported the other do not meet after a restart either', async () => {
  const dataDir = temporaryFolder()
  const settings = { ...settingsOf(dataDir), AVOID_RECENT_SECONDS: '0', REMATCH_DELAY_SECONDS: '0' }
  const first = await startCliProcess(settings)
  const [ana, bob] = await meetAndReport(first.url)
  // Written at once, so it outlives a killed process too.
  first.signal('SIGKILL')
  await first.exited
  const { url } = await startCliProcess(settings)
  const again = [
    await visit(url, '192.0.2.1', ana.visitor),
    await visit(url, '192.0.2.2', bob.visitor),
  ]
  for (const { client } of again) {
    client.enter()
    await client.receive('waiting')
  }
  for (const { client } of again) {
    await client.settled()
    expect(client.unread).not.toContain('matched')
  }
  // Each of them still meets others.
  const cleo = await visit(url, '192.0.2.3')
  cleo.client.enter()
  await cleo.client.receive('matched')
})

test('a killed server keeps the bans that it has decided', async () => {
  const dataDir = temporaryFolder()
  const first = await startCliProcess(settingsOf(dataDir))
  const [, bob] = await meetAndReport(first.url)
  await decide(first.url, 'ban')
  first.signal('SIGKILL')
  await first.exited
  const { url } = await startCliProcess(settingsOf(dataDir))
  expect(await refusal(url, '192.0.2.9', bob.visitor)).toMatchObject({ code: 'banned' })
})

test('a second server with the same folder does not start, and prints the reason', async () => {
  const dataDir = temporaryFolder()
  await startCliProcess(settingsOf(dataDir))
  const second = await command('', ['--dev'], { ...settingsOf(dataDir), PORT: '0' })
  expect(second).toMatchObject({ code: 1, errors: expect.stringContaining('is in use by another') })
  const offline = await command('', ['audit', 'verify', '--offline'], settingsOf(dataDir))
  expect(offline).toMatchObject({ code: 1, errors: expect.stringContaining('a server uses') })
})

test('a server with a damaged file does not start and names the file, and `audit verify --offline` reads the folder of a stopped server', async () => {
  const dataDir = temporaryFolder()
  const server = await startCliProcess(settingsOf(dataDir))
  await meetAndReport(server.url)
  await decide(server.url, 'warn')
  await stop(server)
  const offline = await command('', ['audit', 'verify', '--offline'], settingsOf(dataDir))
  expect(offline).toMatchObject({ code: 0, output: expect.stringContaining('1 entries') })
  writeFileSync(join(dataDir, 'buddy.sqlite'), 'this is not a database, but long enough to be one')
  const damaged = await command('', ['--dev'], { ...settingsOf(dataDir), PORT: '0' })
  expect(damaged).toMatchObject({ code: 1, errors: expect.stringContaining('is damaged') })
})

test('reports, decisions and bans arrive while the receiver answers no match', async () => {
  const receiver = await startWebhookReceiver((response, index) => {
    const { event } = receiver.deliveries[index]!
    if (event !== 'match' && event !== 'leave') response.writeHead(204).end()
  })
  onTestFinished(() => receiver.close())
  const { url } = await startCliProcess({
    ...settingsOf(''),
    WEBHOOK_URL: receiver.url,
    WEBHOOK_SECRET: secretKey,
    BAN_AFTER_REPORTS: '1',
  })
  const count = 17
  for (let index = 0; index < count; index++) {
    const ana = await visit(url, `192.0.2.${index}`)
    const bob = await visit(url, `198.51.100.${index}`)
    for (const { client } of [ana, bob]) client.enter()
    const { room } = await ana.client.receive('matched')
    ana.client.send({ type: 'report', reason: 'spam', room })
    await bob.client.closed()
    await ana.client.leave()
  }
  const of = (all: readonly Delivery[], event: string) =>
    all.filter((delivery) => delivery.event === event)
  const important = ['report', 'decision', 'ban']
  const deliveries = await receiver.received((all) =>
    important.every((event) => of(all, event).length >= count),
  )
  for (const { data } of of(deliveries, 'ban')) expect(data).toMatchObject({ automatic: true })
  expect(JSON.stringify(deliveries)).not.toMatch(/192\.0\.2|198\.51/)
})
