// Two servers that share a Redis: their users meet each other.
import { describe, expect, vi } from 'vitest'
import { missingRedisMessage, test } from '../nodes-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'

describe.skipIf(missingRedisMessage)('servers that share a Redis', () => {
  test('users of two nodes meet, exchange frames in both directions, and part', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const ana = await RawClient.join(first.url, 'Ana')
    ana.enter({ interests: ['chess'] })
    await ana.receive('waiting')
    const bob = await RawClient.join(second.url, 'Bob')
    bob.enter({ interests: ['Chess', 'tea'] })
    expect(await ana.receive('matched')).toMatchObject({ partnerName: 'Bob', interests: ['chess'] })
    expect(await bob.receive('matched')).toMatchObject({ partnerName: 'Ana', interests: ['Chess'] })
    for (let number = 0; number < 5; number++) {
      ana.send({ type: 'text', text: `to Bob ${number}` })
      bob.send({ type: 'text', text: `to Ana ${number}` })
    }
    for (let number = 0; number < 5; number++) {
      expect(await bob.receive('text')).toMatchObject({ text: `to Bob ${number}` })
      expect(await ana.receive('text')).toMatchObject({ text: `to Ana ${number}` })
    }
    ana.send({ type: 'leave' })
    expect(await bob.receive('partner-left')).toMatchObject({ reason: 'left' })
  })

  test('a session resumes at another node, and receives every text once', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await ResumingClient.pair(first.url, '', second.url)
    ana.client.socket.terminate()
    await bob.client.receive('partner-away')
    bob.client.send({ type: 'text', text: 'while you are away' })
    expect(await ana.reconnect(second.url)).toMatchObject({ isRestored: true, name: 'Ana' })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'while you are away' })
    await bob.client.receive('partner-back')
    await expectTextsRelayed(ana.client, bob.client)
    expect(first.server.status().users).toBe(0)
    expect(second.server.status().users).toBe(2)
  })

  test('a room continues when the node of a session stops, and the session comes to another node', async ({
    startNodes,
  }) => {
    const [first, second] = await startNodes()
    const [ana, bob] = await ResumingClient.pair(first.url, '', second.url)
    await first.server.close()
    await bob.client.receive('partner-away')
    bob.client.send({ type: 'text', text: 'while you are away' })
    expect(await ana.reconnect(second.url)).toMatchObject({ isRestored: true })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'while you are away' })
    await bob.client.receive('partner-back')
    await expectTextsRelayed(ana.client, bob.client)
  })

  test('when a node is killed, its tickets are removed, the partners of its users receive `partner-away`, and its users continue at the other node', async ({
    startNode,
    startNodeProcess,
  }) => {
    const killed = await startNodeProcess()
    const { url, server } = await startNode()
    const [ana, bob] = await ResumingClient.pair(killed.url, '', url)
    const waiting = await RawClient.join(killed.url, 'Waiting')
    waiting.enter({ lobby: 'elsewhere' })
    await waiting.receive('waiting')
    await killed.kill()
    // The server does not know yet that the other node is dead. It keeps the text nevertheless.
    bob.client.send({ type: 'text', text: 'at once' })
    await bob.client.receive('partner-away')
    bob.client.send({ type: 'text', text: 'later' })
    const newcomer = await RawClient.join(url, 'Newcomer')
    newcomer.enter({ lobby: 'elsewhere' })
    await newcomer.receive('waiting')
    expect(await ana.reconnect(url)).toMatchObject({ isRestored: true, name: 'Ana' })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'at once' })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'later' })
    await bob.client.receive('partner-back')
    await expectTextsRelayed(ana.client, bob.client)
    await newcomer.settled()
    expect(newcomer.unread).not.toContain('matched')
    expect(server.status()).toMatchObject({ users: 3 })
  })

  test('a node that was paused for some seconds gives up the sessions that another node has taken over, and continues the others', async ({
    startNode,
    startNodeProcess,
  }) => {
    const paused = await startNodeProcess()
    const { url, server } = await startNode()
    const [ana, bob] = await ResumingClient.pair(paused.url, '', url)
    const [cleo, dan] = await ResumingClient.pair(paused.url, '', url)
    const former = ana.client
    paused.signal('SIGSTOP')
    await Promise.all([bob.client.receive('partner-away'), dan.client.receive('partner-away')])
    dan.client.send({ type: 'text', text: 'while you are stopped' })
    await ana.reconnect(url)
    await bob.client.receive('partner-back')
    await expectTextsRelayed(ana.client, bob.client)
    paused.signal('SIGCONT')
    // `going-away` makes the client reconnect and resume the session, in case it came back while the node was paused.
    expect(await former.closed()).toMatchObject({ reason: 'going-away' })
    await dan.client.receive('partner-back')
    expect(await cleo.client.receive('text')).toMatchObject({ text: 'while you are stopped' })
    await expectTextsRelayed(cleo.client, dan.client)
    await expectTextsRelayed(ana.client, bob.client)
    // The figures of other nodes come with their beats.
    const figures = { users: 3, crowd: { users: 4, rooms: 2 } }
    await vi.waitFor(() => expect(server.status()).toMatchObject(figures), { timeout: 5000 })
  })
})
