// Two servers that share a Redis: reports, decisions, bans and the audit log are the same at both.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditVerdict, BanEntry, Decision, ReportGroup } from '@buddy-chat/server'
import { describe, expect, onTestFinished } from 'vitest'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import type { ServerProcess } from '../server-process.ts'
import { RawClient } from './raw-client.ts'

const adminToken = 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1a'
const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }
/** The smallest picture that the server takes for a JPEG. */
const still = Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 0xff, 0xd9).toString('base64')

async function get(url: string, path: string): Promise<string> {
  const answer = await fetch(`${url}/moderation/${path}`, { headers })
  expect(answer.status).toBe(200)
  return answer.text()
}

const read = async <T>(url: string, path: string): Promise<T> =>
  JSON.parse(await get(url, path)) as T

const reportsAt = async (url: string): Promise<readonly ReportGroup[]> =>
  (await read<{ groups: ReportGroup[] }>(url, 'reports')).groups

const decisionsAt = async (url: string): Promise<string[]> =>
  (await read<{ decisions: Decision[] }>(url, 'decisions')).decisions.map(({ kind }) => kind)

async function change(url: string, path: string, body: object): Promise<void> {
  const request = { method: 'POST', headers, body: JSON.stringify(body) }
  expect((await fetch(`${url}/moderation/${path}`, request)).status).toBe(200)
}

/** Lets a visitor join from an address, with the visitor token of its browser. */
async function visit(url: string, address: string, visitor?: string) {
  const client = await RawClient.connect(url, { headers: { 'X-Forwarded-For': address } })
  client.sendHello({ ...(visitor !== undefined && { visitor }) })
  const { visitorToken } = await client.receive('welcome')
  return { client, visitor: visitorToken! }
}

const soon = { interval: 20, timeout: 10_000 }

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('a report at one is decided at the other, the ban ends the session at the first, and a killed server loses nothing', async ({
    startNodeProcess,
  }) => {
    const start = async (): Promise<ServerProcess> => {
      const folder = mkdtempSync(join(tmpdir(), 'buddy-node-'))
      const node = await startNodeProcess({
        ADMIN_TOKEN: adminToken,
        DATA_DIR: folder,
        TRUSTED_PROXY_HOPS: '1',
      })
      onTestFinished(async () => {
        await node.kill()
        rmSync(folder, { recursive: true })
      })
      return node
    }
    const [a, b] = await Promise.all([start(), start()])
    const bob = await visit(a.url, '192.0.2.2')
    bob.client.enter()
    await bob.client.receive('waiting')
    const ana = await visit(b.url, '192.0.2.1')
    ana.client.enter()
    const { room } = await ana.client.receive('matched')
    await bob.client.receive('matched')
    // The reporter is at another server than the partner.
    ana.client.send({ type: 'report', reason: 'threats', room, note: 'where I live', still })
    await expect.poll(() => reportsAt(a.url), soon).toMatchObject([{ total: 1, isOnline: true }])
    const [group] = await reportsAt(b.url)
    expect(group).toMatchObject({ counts: { threats: 1 }, reports: [{ note: 'where I live' }] })
    const { personId, reports } = group!
    const picture = await fetch(`${a.url}/moderation/still?report=${reports[0]!.id}`, { headers })
    expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(still)

    await change(b.url, 'decide', { personId, kind: 'ban', reason: 'threats', durationMs: null })
    expect(await bob.client.receive('measure')).toMatchObject({ kind: 'ban', reason: 'threats' })
    expect(await bob.client.errorCode()).toBe('banned')
    expect((await bob.client.closed()).code).toBe(4510)
    for (const { url } of [a, b]) {
      const refused = await RawClient.connect(url, { headers: { 'X-Forwarded-For': '192.0.2.9' } })
      refused.sendHello({ visitor: bob.visitor })
      expect(await refused.receive('measure')).toMatchObject({ kind: 'ban' })
      await refused.closed()
    }

    // What a server has acknowledged reaches the other server, even if the first one is killed at once.
    const { bans } = await read<{ bans: BanEntry[] }>(a.url, 'bans')
    await change(a.url, 'lift', { banId: bans[0]!.id, by: 'kim' })
    await a.kill()
    await expect.poll(() => decisionsAt(b.url), soon).toEqual(['lift', 'ban'])
    await visit(b.url, '192.0.2.9', bob.visitor)
    await change(b.url, 'decide', { personId, kind: 'warn', reason: 'threats' })
    await a.start()
    expect(await decisionsAt(a.url)).toEqual(['warn', 'lift', 'ban'])
    const audit = await get(b.url, 'audit')
    expect(await get(a.url, 'audit')).toBe(audit)
    for (const { url } of [a, b]) {
      const verdict = await read<AuditVerdict>(url, 'audit/verdict')
      expect(verdict).toMatchObject({ isIntact: true, entries: 3 })
      expect(audit).toContain((verdict as { head: string }).head)
    }
    // Several processes start one after the other.
  }, 60_000)
})
