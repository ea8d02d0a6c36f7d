// Webhooks, sent over HTTP to a receiver.
import { verifySignature } from '@buddy-chat/server'
import { expect, onTestFinished } from 'vitest'
import { test } from '../server-fixture.ts'
import { createRecordedLog } from './recorded-log.ts'
import { RawClient } from './raw-client.ts'
import type { Answer, WebhookReceiver } from './webhook-receiver.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const webhookSecret = 'a secret of at least thirty-two characters'

const ok: Answer = (response) => void response.writeHead(204).end()

/** Starts a receiver for the length of a test; resolves with the receiver and its URL. */
async function receive(answer: Answer): Promise<[WebhookReceiver, string]> {
  const receiver = await startWebhookReceiver(answer)
  onTestFinished(() => receiver.close())
  return [receiver, receiver.url]
}

/** Joins; resolves with the client and its session id. */
async function joinWithId(url: string, name: string): Promise<[RawClient, string]> {
  const client = await RawClient.connect(url)
  client.sendHello({ name })
  const { session } = await client.receive('welcome')
  return [client, session]
}

test('sends signed match, report, leave, decision, ban and capacity events without names or texts', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await receive(ok)
  const { server, url } = await startServer({ webhookUrl, webhookSecret, maxUsers: 2 })
  const [one, oneId] = await joinWithId(url, 'Wilhelmina')
  const [other, otherId] = await joinWithId(url, 'Theodora')
  one.enter()
  await one.receive('waiting')
  other.enter()
  const { room } = await one.receive('matched')
  one.send({ type: 'text', text: 'a private text' })
  await other.receive('text')
  one.send({ type: 'report', reason: 'spam', room: null })
  await one.settled()
  one.send({ type: 'next', offer: null })
  await other.receive('partner-left')
  expect(server.ban(otherId, 60_000)).toBe(true)
  expect(await other.errorCode()).toBe('banned')

  const deliveries = await receiver.received(({ length }) => length >= 7)
  const of = (event: string) =>
    deliveries.filter((delivery) => delivery.event === event).map(({ data }) => data)
  const people = [
    { session: oneId, site: '' },
    { session: otherId, site: '' },
  ]
  const waits = { wait_ms: expect.any(Number) }
  expect(of('match')).toEqual([{ room, people: people.map((id) => ({ ...id, ...waits })) }])
  const [{ person }] = of('report') as [{ person: string }]
  const report = { from: people[0], about: otherId, room, reason: 'spam', person }
  expect(of('report')).toEqual([{ ...report, report: expect.any(String), has_still: false }])
  const [decision] = of('decision') as [{ decision: string; reports: string[] }]
  expect(decision).toMatchObject({ kind: 'ban', person, source: 'notice', by: 'program' })
  expect(decision.reports).toHaveLength(1)
  expect(of('leave')).toEqual([
    { room, leaver: oneId, reason: 'next', duration_ms: expect.any(Number), people },
  ])
  const why = { person, reason: 'spam', automatic: false, decision: decision.decision }
  expect(of('ban')).toEqual([{ ...people[1], ...why, duration_ms: expect.any(Number) }])
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
    expect(body).not.toMatch(/Wilhelmina|Theodora|private text|127\.0\.0\.1/)
  }
})

test('retries an event after a 500 response, with a new signature and the same id', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await receive((response, index) => {
    response.writeHead(index < 2 ? 500 : 200).end()
  })
  const { log, line } = createRecordedLog()
  const options = { webhookUrl, webhookSecret, webhookEvents: ['match'] as const }
  const { url } = await startServer(options, { log })
  await RawClient.pair(url)
  const attempts = await receiver.received(({ length }) => length >= 3)
  expect(attempts.map(({ headers }) => headers['buddy-attempt'])).toEqual(['1', '2', '3'])
  expect(new Set(attempts.map(({ headers }) => headers['buddy-delivery'])).size).toBe(1)
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1)
  for (const { headers, body } of attempts) {
    const header = headers['buddy-signature'] as string
    expect(verifySignature({ secret: webhookSecret, header, body, nowMs: Date.now() })).toBe(true)
  }
  // The log line does not contain the path and the query of the URL.
  const failure = await line(({ message }) => message === 'webhooks fail')
  expect(failure).toMatchObject({ level: 'warn', fields: { reason: 'status 500' } })
  expect(JSON.stringify(failure)).not.toContain('key=k')
})

test('a receiver that does not answer delays neither users nor the shutdown', async ({
  startServer,
}) => {
  const [receiver, webhookUrl] = await receive(() => undefined)
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
  // At most four requests are in flight at a time. None is answered, so the other events stay queued.
  await receiver.received(({ length }) => length >= 4)
  expect(receiver.deliveries).toHaveLength(4)
  await server.close()
  const { fields } = await line(({ message }) => message === 'webhooks were not delivered in time')
  expect(fields).toEqual({ queued: pairs * 2 - 4, underWay: 4 })
})

test('sends only the events in webhookEvents', async ({ startServer }) => {
  const [receiver, webhookUrl] = await receive(ok)
  const options = { webhookUrl, webhookSecret, webhookEvents: ['leave'] as const, maxUsers: 2 }
  const { server, url } = await startServer(options)
  const [one, other] = await RawClient.pair(url)
  one.send({ type: 'report', reason: 'other', room: null })
  await one.leave()
  await other.receive('partner-left')
  // close() resolves once all queued events have been sent.
  await server.close()
  expect(receiver.deliveries.map(({ event }) => event)).toEqual(['leave'])
})

test('sends the events of a shutdown before close() resolves', async ({ startServer }) => {
  const [receiver, webhookUrl] = await receive(ok)
  const { server, url } = await startServer({ webhookUrl, webhookSecret })
  await RawClient.pair(url)
  await server.close()
  expect(receiver.deliveries.map(({ event }) => event)).toEqual(['match', 'leave'])
})
