// What another server of the operator's is told, by real requests to a real receiver.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { verifySignature } from '@buddy-chat/server'
import { expect, onTestFinished } from 'vitest'
import { test } from '../server-fixture.ts'
import { createRecordedLog } from './recorded-log.ts'
import { RawClient } from './raw-client.ts'

const webhookSecret = 'a secret of at least thirty-two characters'

interface Delivery {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Answers one request; `count` have come before it. */
type Answer = (response: ServerResponse, count: number) => void

class Receiver {
  readonly deliveries: Delivery[] = []
  #onArrival: (() => void)[] = []

  /** Listens until the test is over. */
  static async listen(answer: Answer): Promise<[Receiver, string]> {
    const receiver = new Receiver()
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { event, data } = JSON.parse(body) as Pick<Delivery, 'event' | 'data'>
        const count = receiver.deliveries.push({ headers: request.headers, body, event, data })
        answer(response, count - 1)
        for (const look of receiver.#onArrival) look()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    return [receiver, `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=k`]
  }

  /** Resolves once so many requests have come. */
  async received(count: number): Promise<readonly Delivery[]> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.deliveries.length >= count) resolve()
      }
      this.#onArrival.push(look)
      look()
    })
    return this.deliveries
  }
}

const ok: Answer = (response) => void response.writeHead(204).end()

/** Somebody, and the session's id. */
async function joinWithId(url: string, name: string): Promise<[RawClient, string]> {
  const client = await RawClient.connect(url)
  client.sendHello({ name })
  const { session } = await client.receive('welcome')
  return [client, session]
}

test('match, report, leave, ban and capacity arrive, signed, without names', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await Receiver.listen(ok)
  const { server, url } = await startServer({ webhookUrl, webhookSecret, maxUsers: 2 })
  const [one, oneId] = await joinWithId(url, 'Wilhelmina')
  const [other, otherId] = await joinWithId(url, 'Theodora')
  one.enter()
  await one.receive('waiting')
  other.enter()
  const { room } = await one.receive('matched')
  one.send({ type: 'text', text: 'a private line' })
  await other.receive('text')
  one.send({ type: 'report', reason: 'spam', room: null })
  await one.settled()
  one.send({ type: 'next', offer: null })
  await other.receive('partner-left')
  expect(server.ban(otherId, 60_000)).toBe(true)
  expect(await other.errorCode()).toBe('banned')

  const deliveries = await receiver.received(6)
  const of = (event: string): Record<string, unknown>[] =>
    deliveries.filter((delivery) => delivery.event === event).map(({ data }) => data)
  const people = [
    { session: oneId, site: '' },
    { session: otherId, site: '' },
  ]
  const waits = { wait_ms: expect.any(Number) }
  expect(of('match')).toEqual([{ room, people: people.map((id) => ({ ...id, ...waits })) }])
  expect(of('report')).toEqual([{ from: people[0], about: otherId, room, reason: 'spam' }])
  expect(of('leave')).toEqual([
    { room, leaver: oneId, reason: 'next', duration_ms: expect.any(Number), people },
  ])
  expect(of('ban')).toEqual([{ ...people[1], duration_ms: 60_000 }])
  expect(of('capacity')).toEqual([
    { level: 95, percent: 100 },
    { level: 0, percent: 50 },
  ])
  for (const { headers, body, event } of deliveries) {
    const header = headers['buddy-signature'] as string
    const signed = { secret: webhookSecret, header, body, nowMs: Date.now() }
    expect(verifySignature(signed)).toBe(true)
    expect(verifySignature({ ...signed, body: body.replace('"', "'") })).toBe(false)
    expect(verifySignature({ ...signed, secret: `${webhookSecret}!` })).toBe(false)
    expect(verifySignature({ ...signed, nowMs: Date.now() + 600_000 })).toBe(false)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'buddy-event': event,
      'buddy-attempt': '1',
    })
    expect(JSON.parse(body)).toMatchObject({ id: headers['buddy-delivery'], event })
    expect(body).not.toMatch(/Wilhelmina|Theodora|private line|127\.0\.0\.1/)
  }
})

test('after a 500 the same event comes again, signed anew, until it is taken', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await Receiver.listen((response, count) => {
    response.writeHead(count < 2 ? 500 : 200).end()
  })
  const { log, line } = createRecordedLog()
  const options = { webhookUrl, webhookSecret, webhookEvents: ['match'] as const }
  const { url } = await startServer(options, { log })
  await RawClient.pair(url)
  const attempts = await receiver.received(3)
  expect(attempts.map(({ headers }) => headers['buddy-attempt'])).toEqual(['1', '2', '3'])
  expect(new Set(attempts.map(({ headers }) => headers['buddy-delivery'])).size).toBe(1)
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1)
  for (const { headers, body } of attempts) {
    const header = headers['buddy-signature'] as string
    expect(verifySignature({ secret: webhookSecret, header, body, nowMs: Date.now() })).toBe(true)
  }
  // Told once, without what the address holds.
  const told = await line(({ message }) => message === 'webhooks fail')
  expect(told).toMatchObject({ level: 'warn', fields: { reason: 'status 500' } })
  expect(JSON.stringify(told)).not.toContain('key=k')
})

test('a receiver that hangs holds nobody up, not even the end of the server', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await Receiver.listen(() => undefined)
  const { log, line } = createRecordedLog()
  const { url, server } = await startServer({ webhookUrl, webhookSecret }, { log })
  const pairs = 30
  for (let count = 1; count <= pairs; count++) {
    const [one, other] = await RawClient.pair(url, `${count}`)
    other.send({ type: 'text', text: 'hello' })
    await one.receive('text')
    await Promise.all([one.leave(), other.leave()])
  }
  expect(server.status().matches).toBe(pairs)
  // So many requests are under way at a time, none is answered, the others wait.
  await receiver.received(4)
  expect(receiver.deliveries).toHaveLength(4)
  await server.close()
  const { fields } = await line(({ message }) => message === 'webhooks were not delivered in time')
  expect(fields).toEqual({ queued: pairs * 2 - 4, underWay: 4 })
})

test('events that were not asked for are not sent', async ({ startServer }) => {
  const [receiver, webhookUrl] = await Receiver.listen(ok)
  const options = { webhookUrl, webhookSecret, webhookEvents: ['leave'] as const, maxUsers: 2 }
  const { server, url } = await startServer(options)
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'report', reason: 'other', room: null })
  await one.leave()
  await other.receive('partner-left')
  // Whatever was to be sent has been sent by then.
  await server.close()
  expect(receiver.deliveries.map(({ event }) => event)).toEqual(['leave'])
})

test('what happens at the very end is told before the server is gone', async ({ startServer }) => {
  const [receiver, webhookUrl] = await Receiver.listen(ok)
  const { server, url } = await startServer({ webhookUrl, webhookSecret })
  await RawClient.pair(url)
  await server.close()
  expect(receiver.deliveries.map(({ event }) => event)).toEqual(['match', 'leave'])
})
