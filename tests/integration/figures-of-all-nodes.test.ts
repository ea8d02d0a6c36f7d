// Every node shows the figures of all nodes: in /status, in the metrics and to clients.
import { describe, expect } from 'vitest'
import type { Status } from '@buddy-chat/server'
import { adminToken } from '../server-fixture.ts'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { secretKey } from '../server-process.ts'
import { parseMetrics } from './prometheus-text.ts'
import { RawClient } from './raw-client.ts'
import { createRecordedLog } from './recorded-log.ts'

/** A node reports once a second. */
const inTime = { timeout: 8000 }

const headers = { Authorization: `Bearer ${adminToken}` }

async function statusOf(url: string, isAdmin = true): Promise<Status> {
  const response = await fetch(`${url}/status`, isAdmin ? { headers } : {})
  return (await response.json()) as Status
}

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('each shows its own figures, those of every node, and their sums', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes({ adminToken, maxUsers: 10 })
    const ana = await RawClient.join(first.url, 'Ana')
    ana.enter()
    await ana.receive('waiting')
    const bob = await RawClient.join(second.url, 'Bob')
    bob.enter()
    await bob.receive('matched')
    const cem = await RawClient.join(second.url, 'Cem')
    cem.enter()
    expect(await cem.receive('waiting')).toMatchObject({ online: 3 })
    // The node of Ana receives the figures of the other node with its next beat.
    const statsOfAna = async (): Promise<unknown> => {
      ana.send({ type: 'ping' })
      return ana.receive('stats')
    }
    await expect.poll(statsOfAna, inTime).toMatchObject({ online: 3, waiting: 1, rooms: 1 })

    const sums = { nodes: 2, users: 3, away: 0, connections: 3, waiting: 1, rooms: 1 }
    for (const { url } of [first, second]) {
      // A node reports its figures with a beat, which may have been between the arrival of Cem and the ticket.
      const figures = ['users', 'connections', 'waiting', 'rooms'] as const
      const totals = async (): Promise<unknown> => {
        const { nodes = [] } = await statusOf(url)
        return figures.map((name) => nodes.reduce((sum, node) => sum + node[name], 0))
      }
      await expect.poll(totals, inTime).toEqual([3, 3, 1, 1])
      await expect.poll(async () => (await statusOf(url)).crowd, inTime).toEqual(sums)
      const { nodes, crowd, sites } = await statusOf(url)
      expect(crowd).toEqual(sums)
      expect(sites).toMatchObject([{ key: '', crowd_users: 3 }])
      expect(nodes!.map(({ users }) => users).toSorted()).toEqual([1, 2])
      expect(nodes!.filter((node) => node.is_this)).toHaveLength(1)
      for (const node of nodes!) {
        expect(node).toMatchObject({ state: 'healthy', has_other_key: false, max_users: 10 })
      }
    }
    expect(await statusOf(first.url)).toMatchObject({ users: 1, waiting: 0, load_percent: 10 })
    expect(await statusOf(second.url)).toMatchObject({ users: 2, waiting: 1, load_percent: 20 })
    // Without the token there are sums only.
    const { nodes: hidden, crowd: shown } = await statusOf(first.url, false)
    expect([hidden, shown]).toEqual([undefined, sums])

    const scraped = await Promise.all(
      [first, second].map(async ({ url }) =>
        parseMetrics(await (await fetch(`${url}/metrics`, { headers })).text()),
      ),
    )
    const values = (name: string): unknown[] => scraped.map((each) => each.value(name))
    // These are summed over the nodes …
    expect(values('buddy_users')).toEqual([1, 2])
    expect(values('buddy_waiting')).toEqual([0, 1])
    expect((values('buddy_rooms') as number[]).reduce((sum, rooms) => sum + rooms)).toBe(1)
    // … and these are the same at each of them.
    expect(values('buddy_crowd_users')).toEqual([3, 3])
    expect(values('buddy_crowd_waiting')).toEqual([1, 1])
    expect(values('buddy_crowd_rooms')).toEqual([1, 1])
    expect(values('buddy_nodes')).toEqual([2, 2])
  })

  test('show and log the names of a node with another secret key, and of one that was lost', async ({
    redis,
    startServer,
    startNodeProcess,
  }) => {
    const { log, line } = createRecordedLog()
    const options = { redisUrl: redis.url, secretKey, adminToken }
    const { url } = await startServer(options, { log })
    const other = await startNodeProcess({
      NODE_NAME: 'chat-2',
      SECRET_KEY: 'Xk2Vb7Rn4Tq9Wz1Lm6Hs3Gd8Fc5Jp0Ye',
    })
    const found = async (): Promise<unknown> =>
      (await statusOf(url)).nodes?.find(({ is_this: isThis }) => !isThis)
    await expect
      .poll(found, inTime)
      .toMatchObject({ name: 'chat-2', state: 'healthy', has_other_key: true })
    const differs = await line(({ message }) => message.includes('another SECRET_KEY'))
    expect(differs).toMatchObject({ level: 'error', fields: { server: 'chat-2' } })
    await other.kill()
    const lost = await line(({ message }) => message === 'a server was lost')
    expect(lost).toMatchObject({ level: 'warn', fields: { server: 'chat-2' } })
  })

  test('show that a node was lost, and no longer a node that has stopped', async ({
    startNodes,
    startNodeProcess,
  }) => {
    const [first, second] = await startNodes({ adminToken })
    const killed = await startNodeProcess()
    const states = async (): Promise<unknown> =>
      (await statusOf(first.url)).nodes?.map(({ state }) => state)
    await expect.poll(states, inTime).toEqual(['healthy', 'healthy', 'healthy'])
    await killed.kill()
    await second.server.close()
    await expect.poll(states, inTime).toEqual(['healthy', 'lost'])
    const { crowd } = await statusOf(first.url)
    expect(crowd).toMatchObject({ nodes: 1 })
  })
})
