// Requests to the moderation endpoints of a real server, byte by byte: their bodies, methods and tokens.
import { expect } from 'vitest'
import { adminToken, test } from '../server-fixture.ts'
import { RawClient } from './raw-client.ts'
import { RawSocket } from './raw-socket.ts'

const options = { adminToken, host: '127.0.0.1', slowAfterReports: 0, banAfterReports: 0 }

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const asProgram = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }

/** Sends a request. Resolves with the status and the name of the error, or with `ok`. */
async function ask(url: string, path: string, sent: Sent = {}): Promise<readonly [number, string]> {
  const { method = 'POST', headers = asProgram, body } = sent
  const response = await fetch(url + path, { method, headers, ...(body && { body }) })
  const text = await response.text()
  return [response.status, (JSON.parse(text || '{}') as { error?: string }).error ?? 'ok']
}

test('each path answers only its methods', async ({ startServer }) => {
  const { url } = await startServer(options)
  for (const path of ['/moderation/decide', '/moderation/lift']) {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(url + path, { method, headers: asProgram })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      // Pages of other origins are never allowed to send JSON here.
      expect(response.headers.get('access-control-allow-methods')).toBeNull()
      expect(response.headers.get('access-control-allow-headers')).toBeNull()
    }
  }
  for (const path of ['/moderation', '/moderation/reports', '/moderation/audit', '/status', '/']) {
    expect(await ask(url, path, { body: '{}' })).toEqual([405, 'method-not-allowed'])
  }
  expect(await ask(url, '/moderation/nothing', { body: '{}' })).toEqual([404, 'not-found'])
})

test('decides and lifts over HTTP, and names the fault of a request', async ({ startServer }) => {
  const { url, server } = await startServer(options)
  const [reported, reporter] = await RawClient.pair(url)
  reporter.send({ type: 'report', reason: 'spam', room: null })
  await reporter.settled()
  const [{ personId } = { personId: '' }] = server.moderation.reports()
  const ban = { personId, kind: 'ban', reason: 'spam', durationMs: 60_000 }
  const decide = (body: object | string): Promise<readonly [number, string]> =>
    ask(url, '/moderation/decide', { body: typeof body === 'string' ? body : JSON.stringify(body) })

  expect(await decide('{')).toEqual([400, 'invalid-json'])
  expect(await decide({ ...ban, durationMs: -1 })).toEqual([400, 'invalid-field'])
  expect(await decide({ ...ban, note: 'x'.repeat(501) })).toEqual([400, 'invalid-decision'])
  expect(await decide({ ...ban, personId: 'nobody' })).toEqual([404, 'unknown-person'])
  expect(await decide(JSON.stringify(ban) + ' '.repeat(16_384))).toEqual([413, 'body-too-large'])
  expect(server.moderation.decisions()).toEqual([])

  expect(await decide({ ...ban, by: 'kim' })).toEqual([200, 'ok'])
  expect(await reported.receive('measure')).toMatchObject({ kind: 'ban', reason: 'spam' })
  const [{ id: banId } = { id: '' }] = server.moderation.bans()
  const lift = { body: JSON.stringify({ banId }) }
  expect(await ask(url, '/moderation/lift', lift)).toEqual([200, 'ok'])
  expect(await ask(url, '/moderation/lift', lift)).toEqual([404, 'unknown-ban'])
  expect(server.moderation.decisions().map(({ kind, by }) => [kind, by])).toEqual([
    ['lift', 'operator'],
    ['ban', 'kim'],
  ])
})

test('does not wait for the body of a request without the token, and counts wrong tokens at once', async ({
  startServer,
}) => {
  const { url } = await startServer(options)
  for (let guess = 0; guess < 20; guess++) {
    const socket = await RawSocket.connect(url)
    // The body never ends, but the wrong token counts.
    socket.write(
      'POST /moderation/decide HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        `Authorization: Bearer guess-${guess}\r\nContent-Length: 100\r\n\r\n{`,
    )
    await expect.poll(() => socket.tcp.bytesWritten).toBeGreaterThan(0)
    // An answer on another connection shows that the server has read this one.
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    socket.tcp.destroy()
  }
  expect(await ask(url, '/moderation/decide', { body: '{}' })).toEqual([429, 'too-many-attempts'])
  expect(await ask(url, '/moderation/bans', { method: 'GET' })).toEqual([429, 'too-many-attempts'])
})

test('answers requests of one connection in their order, and ends it if they are pipelined', async ({
  startServer,
}) => {
  const { url } = await startServer(options)
  const post = (body: string): string =>
    'POST /moderation/lift HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${adminToken}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const answered = await RawSocket.connect(url)
  const received: string[] = []
  answered.tcp.on('data', (chunk: Buffer) => received.push(chunk.toString()))
  const bodies = ['{', '{"banId":1}', '{"banId":"x"}']
  for (const [index, body] of bodies.entries()) {
    answered.write(post(body))
    await expect.poll(() => received.length).toBe(index + 1)
  }
  expect(received.map((text) => /"error":"([^"]+)"/.exec(text)?.[1])).toEqual([
    'invalid-json',
    'invalid-field',
    'unknown-ban',
  ])
  const pipelined = await RawSocket.connect(url)
  pipelined.write(post('{"banId":"x"}').repeat(3))
  await pipelined.ended()
  expect(pipelined.head).toBe('')
})
