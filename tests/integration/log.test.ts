// The log: one line for each event, the load at intervals, and nothing private.
import { expect, test as plainTest } from 'vitest'
import { test } from '../server-fixture.ts'
import { createRecordedLog } from './recorded-log.ts'
import { RawClient } from './raw-client.ts'
import { handshake, RawSocket } from './raw-socket.ts'
import { startCliProcess } from './cli-process.ts'

test('logs one line for each event of a session', async ({ startServer }) => {
  const { log, lines, line, messages } = createRecordedLog()
  const { url } = await startServer({}, { log })
  const [one, other] = await RawClient.pair(url)
  for (let time = 0; time < 5; time++) one.send({ type: 'text', text: 'hello' })
  one.send({ type: 'report', reason: 'harassment', room: null })
  one.send({ type: 'next', offer: null })
  await other.receive('partner-left')
  await other.leave()
  await line(({ message }) => message === 'session ended')
  one.tcp.destroy()
  await line(({ message }) => message === 'session away')
  expect(messages()).toEqual([
    'listening',
    'reports, bans and blocks end with this process: set DATA_DIR to keep them',
    'session begun',
    'session begun',
    'matched',
    'partner reported',
    'room ended',
    'session ended',
    'session away',
  ])
  const [matched, ended] = ['matched', 'room ended'].map((text) =>
    lines.find(({ message }) => message === text),
  )
  expect(matched?.fields).toEqual({
    room: expect.any(String),
    sessions: [expect.any(String), expect.any(String)],
    waitsMs: [expect.any(Number), expect.any(Number)],
  })
  expect(ended?.fields).toMatchObject({ room: matched?.fields['room'], reason: 'next' })
})

test('logs a resumed session with the number of replayed frames', async ({ startServer }) => {
  const { log, line } = createRecordedLog()
  const { url } = await startServer({}, { log })
  const lost = await RawClient.connect(url)
  lost.sendHello()
  const { resumeToken } = await lost.receive('welcome')
  lost.tcp.destroy()
  await line(({ message }) => message === 'session away')
  const resumed = await RawClient.connect(url)
  resumed.sendHello({ resume: { token: resumeToken!, received: 0, sent: null, roomToken: null } })
  await resumed.receive('welcome')
  const { fields, level } = await line(({ message }) => message === 'session resumed')
  expect([level, fields['replayedFrames']]).toEqual(['info', 0])
})

test.for([
  { users: 1, level: 'info', message: 'load' },
  { users: 4, level: 'warn', message: 'load is above 80 % of capacity' },
  { users: 5, level: 'warn', message: 'load is above 95 % of capacity' },
])(
  'logs the load at intervals, with $users of 5 users as $level',
  async ({ users, level, message }, { startServer }) => {
    const { log, line } = createRecordedLog()
    const { url } = await startServer({ maxUsers: 5, monitoringIntervalMs: 20 }, { log })
    for (let count = 0; count < users; count++) await RawClient.join(url, 'Ana')
    const load = await line(
      ({ message: text, fields }) => text.startsWith('load') && fields['users'] === users,
    )
    expect(load).toMatchObject({ level, message })
    expect(load.fields).toEqual({
      users,
      away: 0,
      waiting: 0,
      rooms: 0,
      load_percent: users * 20,
      room_percent: 0,
      matches: 0,
      wait_ms: { p50: null, p95: null, p99: null },
      resident_bytes: expect.any(Number),
    })
  },
)

test('logs a warning if all rooms are taken', async ({ startServer }) => {
  const { log, line } = createRecordedLog()
  const { url } = await startServer({ maxRooms: 1, monitoringIntervalMs: 20 }, { log })
  await RawClient.pair(url)
  const load = await line(({ level, fields }) => level === 'warn' && fields['rooms'] === 1)
  expect(load.message).toBe('load is above 95 % of capacity')
})

test('logs one line when 80 % of maxUsers is reached, one for 95 %, and one when the load is lower again', async ({
  startServer,
}) => {
  const { log, lines, line } = createRecordedLog()
  const { url } = await startServer({ maxUsers: 20 }, { log })
  const clients: RawClient[] = []
  const join = async (): Promise<void> => void clients.push(await RawClient.join(url, 'Ana', {}))
  for (let count = 0; count < 20; count++) await join()
  // The server logs no further line when the load crosses the threshold again.
  for (let time = 0; time < 3; time++) {
    await clients.pop()?.leave()
    await join()
  }
  for (const client of clients.splice(0, 6)) await client.leave()
  await line(({ message }) => message.includes('well below'))
  const logged = lines.filter(({ message }) => message.startsWith('users '))
  expect(logged.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'warn: users have reached 80 % of capacity',
    'warn: users have reached 95 % of capacity',
    'info: users are well below capacity again',
  ])
})

test('does not log the load if monitoring is off', async ({ startServer }) => {
  const { log, messages } = createRecordedLog()
  const options = { isMonitoringEnabled: false, monitoringIntervalMs: 5, pingIntervalMs: 30 }
  const { url } = await startServer(options, { log })
  const client = await RawClient.join(url, 'Ana')
  // If monitoring were on, the server would log several lines within each heartbeat interval.
  for (let beat = 0; beat < 3; beat++) await client.receive('stats')
  expect(messages()).toEqual(['listening', expect.stringContaining('DATA_DIR'), 'session begun'])
})

test('logs refused connections in one line, with the count of each code and one origin that is not allowed', async ({
  startServer,
}) => {
  const { log, line } = createRecordedLog()
  const options = { allowedOrigins: ['https://mine.example'], pingIntervalMs: 30 }
  const { url } = await startServer(options, { log })
  for (let count = 0; count < 3; count++) {
    const client = await RawClient.connect(url, { origin: 'https://other.example' })
    expect(await client.errorCode()).toBe('origin-not-allowed')
  }
  let refused = 0
  await line(({ message, fields }) => {
    if (message !== 'connections refused or cut') return false
    expect(fields['origin']).toBe('https://other.example')
    refused += (fields['refused'] as Record<string, number>)['origin-not-allowed'] ?? 0
    return refused >= 3
  })
})

/** Data of a user and a call that the log must never contain. */
const secrets = {
  name: 'Wilhelmina-the-name',
  interest: 'numismatics',
  lobby: 'den-of-secrets',
  language: 'x-private',
  text: 'meet me at the fountain',
  sdp: 'v=0 o=- 4611731400430051336',
  candidate: 'candidate:1 1 UDP 2113 192.0.2.77 54321 typ host',
  ufrag: 'frag-of-ice',
  site: 'https://page.example',
  forwarded: '203.0.113.99',
}

/** Runs a call that contains all {@link secrets}. */
async function runCall(url: string): Promise<void> {
  const options = { origin: secrets.site, headers: { 'X-Forwarded-For': secrets.forwarded } }
  const { name, lobby, interest, language } = secrets
  const ticket = { lobby, interests: [interest], languages: [language] }
  const one = await RawClient.join(url, name, options)
  const other = await RawClient.join(url, `${name}-too`, options)
  one.enter(ticket)
  await one.receive('waiting')
  other.enter(ticket)
  await Promise.all([one.receive('matched'), other.receive('matched')])
  one.send({
    type: 'signal',
    description: { type: 'offer', sdp: secrets.sdp },
    candidates: [
      {
        candidate: secrets.candidate,
        sdpMid: '0',
        sdpMLineIndex: 0,
        usernameFragment: secrets.ufrag,
      },
    ],
    sending: null,
    generation: null,
  })
  await other.receive('signal')
  other.send({ type: 'text', text: secrets.text })
  await one.receive('text')
  one.send({ type: 'report', reason: 'minor', room: null })
  // The log must not quote invalid messages.
  one.sendRaw(`{"text":"${secrets.text}"}`)
  expect(await one.errorCode()).toBe('malformed-frame')
  one.sendRaw(Uint8Array.from([0x92, 17, 0xa2, 0x68]))
  await one.errorCode()
  await one.settled()
  one.tcp.destroy()
  await other.receive('partner-away')
  await other.leave()
}

plainTest.for(['json', 'pretty'])('logs nothing private (%s)', async (format) => {
  const server = await startCliProcess({
    LOG_FORMAT: format,
    LOG_LEVEL: 'info',
    MONITORING_INTERVAL_SECONDS: '1',
  })
  await runCall(server.url)
  await server.writes('load')
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  for (const line of ['matched', 'partner reported', 'room ended', 'session away', 'stopped']) {
    expect(server.output()).toContain(line)
  }
  const written = server.output().toLowerCase()
  for (const [what, secret] of Object.entries(secrets)) {
    expect(written.includes(secret.toLowerCase()), what).toBe(false)
  }
  expect(written).not.toMatch(/127\.0\.0\.1|::1\b|192\.0\.2\.|203\.0\.113\./)
})

/**
 * A text with an escape sequence, control characters, both kinds of bidirectional marks, and line
 * separators. It contains no ESC, which is not allowed in a header.
 */
const hostile = 'red\u009b31m\u007f\u0085\u202etxt.exe\u2066\u2028\u2029\u200b\ufeff'
const rawHostile = /[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/u

plainTest.for(['json', 'pretty'])(
  'escapes control characters from headers and hello in log, dashboard and metrics (%s)',
  async (format) => {
    const token = 'an-admin-token-of-thirty-two-chars'
    const server = await startCliProcess({
      LOG_FORMAT: format,
      LOG_LEVEL: 'info',
      ALLOWED_ORIGINS: 'https://mine.example',
      SOCKET_PING_INTERVAL: '1',
      ADMIN_TOKEN: token,
    })
    const headers = {
      Host: hostile,
      'X-Forwarded-For': hostile,
      'User-Agent': hostile,
      'Sec-WebSocket-Protocol': `buddy.v1, ${hostile}`,
    }
    const refusedClient = await RawSocket.connect(server.url)
    refusedClient.write(handshake({ ...headers, Origin: `https://${hostile}.example` }))
    expect((await refusedClient.answer()).message).toBe('origin-not-allowed')
    const guest = await RawSocket.connect(server.url)
    guest.write(handshake(headers))
    await guest.status()
    guest.sendMessage({
      type: 'hello',
      name: `\u001b${hostile}`,
      site: '',
      client: `\u001b${hostile}`,
      token: null,
      resume: null,
    })
    await guest.receive('welcome')
    await server.writes('connections refused or cut')
    const read = async (path: string): Promise<string> => {
      const answer = await fetch(server.url + path, {
        headers: { Authorization: `Bearer ${token}` },
      })
      expect(answer.status).toBe(200)
      return answer.text()
    }
    for (const shown of [server.output(), await read('/dashboard/data')]) {
      expect(shown).toContain('u{202e}txt.exe')
      expect(shown).not.toMatch(rawHostile)
    }
    const metrics = await read('/metrics')
    expect(metrics).toContain('buddy_refusals_total{code="origin-not-allowed"} 1')
    expect(metrics).not.toContain('txt.exe')
  },
)

plainTest('logs JSON lines if standard output is not a terminal', async () => {
  const server = await startCliProcess({ LOG_LEVEL: 'info' })
  await RawClient.join(server.url, 'Ana')
  server.signal('SIGTERM')
  await server.exited
  const lines = server.output().trim().split('\n')
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(parsed.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['listening', 'session begun', 'stopping', 'stopped']),
  )
  for (const { level, time } of parsed) {
    expect(level).toBe('info')
    expect(new Date(String(time)).toISOString()).toBe(time)
  }
})

plainTest('logs readable lines, with the URL to open, on a terminal', async () => {
  // Makes the server believe that standard output is a terminal.
  const isTerminal = 'data:text/javascript,process.stdout.isTTY=true'
  const server = await startCliProcess({ LOG_LEVEL: 'info' }, ['--import', isTerminal])
  await server.writes('listening')
  expect(server.output()).toMatch(/\[\d\d:\d\d:\d\d\].*INFO.*listening/)
  expect(server.output()).toContain(server.url)
  expect(server.output()).not.toContain('"msg"')
})
