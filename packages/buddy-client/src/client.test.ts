// Checks what the client sends and emits, in order, when the user, the server or the page does something.
// Most tests use text mode, which needs no device and no peer connection.
import type { ServerMessage } from '@buddy-chat/protocol'
import { closeCodes } from '@buddy-chat/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientEnvironment } from './browser-environment.ts'
import { BuddyClient } from './client.ts'
import type { BuddyError } from './errors.ts'
import type { ClientEvents } from './events.ts'
import { ManualClock } from './manual-clock.fixture.ts'
import type { BuddyClientOptions } from './options.ts'
import { FakeSocket } from './signaling/fake-socket.fixture.ts'

const welcome = {
  type: 'welcome',
  session: 's',
  name: 'Ana',
  heartbeatMs: 60_000,
  iceServers: [],
  resumeToken: 'resume',
  received: null,
  allowsText: true,
  allowsVideo: true,
  isRestored: false,
} as const satisfies ServerMessage

const matched = {
  type: 'matched',
  room: 'room-1',
  isPolite: true,
  partnerName: 'Bob',
  interests: [],
  isOffered: false,
  roomToken: 'token-1',
} as const satisfies ServerMessage

class FakeConnection extends EventTarget {
  static all: FakeConnection[] = []
  connectionState = 'new'
  signalingState = 'stable'
  constructor({ iceServers }: RTCConfiguration) {
    super()
    if (iceServers?.some(({ urls }) => String(urls).includes('//')))
      throw new SyntaxError('refused')
    FakeConnection.all.push(this)
  }
  getTransceivers = () => []
  getSenders = () => []
  getStats = () => Promise.resolve(new Map())
  addTransceiver(): void {}
  addTrack(): void {}
  setConfiguration(): void {}
  setLocalDescription = () => Promise.resolve()
  restartIce(): void {}
  close(): void {
    this.connectionState = 'closed'
  }
  changeState(state: string): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }
  addRemoteTrack(): void {
    this.dispatchEvent(Object.assign(new Event('track'), { track: createTrack() }))
  }
}

interface FakeTrack {
  readonly kind: string
}
const createTrack = (): FakeTrack =>
  Object.assign(new EventTarget(), {
    kind: 'audio',
    readyState: 'live',
    getSettings: () => ({}),
    stop: () => undefined,
  })

class FakeStream extends EventTarget {
  readonly #tracks: FakeTrack[]
  constructor(tracks: FakeTrack[] = []) {
    super()
    this.#tracks = tracks
  }
  getTracks = () => this.#tracks
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track)
  }
}

type PageListener = Parameters<ClientEnvironment['watch']>[0]

let clock: ManualClock
let sockets: FakeSocket[]
let warnings: string[]
let page: PageListener | undefined
let events: string[]
let client: BuddyClient
const socket = (): FakeSocket => sockets.at(-1)!
const settle = (): Promise<void> => clock.advanceAsync(0)

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeStream)
  FakeConnection.all = []
  clock = new ManualClock()
  sockets = []
  warnings = []
  page = undefined
  events = []
})
afterEach(async () => {
  client.stop()
  await settle()
  expect([clock.pending, page]).toEqual([0, undefined])
  vi.unstubAllGlobals()
})

function createClient(
  options: BuddyClientOptions = { mode: 'text' },
  { preparesCalls = false } = {},
): void {
  const environment: ClientEnvironment = {
    clock,
    random: () => 0.5,
    createSocket: () => {
      sockets.push(new FakeSocket())
      return socket() as unknown as WebSocket
    },
    probeServer: async () => 'unknown',
    watchPolicy: () => () => undefined,
    media: () => ({
      isSecureContext: true,
      mediaDevices: {
        getUserMedia: async () => new FakeStream([createTrack()]),
        enumerateDevices: async () => [],
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
      } as unknown as MediaDevices,
      allowsFeature: () => true,
      permission: async () => undefined,
      canChooseSpeaker: false,
    }),
    warn: (message) => warnings.push(message),
    createConnection: (configuration) =>
      new FakeConnection(configuration) as unknown as RTCPeerConnection,
    hasWebRtc: () => true,
    preparesCalls,
    watch: (listener) => {
      page = listener
      return () => (page = undefined)
    },
    isHidden: () => false,
    createVeil: () => ({ cover: () => undefined, close: () => undefined }),
    baseUrl: () => 'https://page.example/',
    storage: () => undefined,
  }
  client = new BuddyClient({ server: 'https://chat.example', ...options }, environment)
  const record = <Name extends keyof ClientEvents>(
    name: Name,
    format: (detail: ClientEvents[Name]) => string,
  ): void => void client.on(name, (detail) => events.push(format(detail)))
  record('state', ({ state }) => state)
  record('match', ({ partner }) => `match ${partner.name}`)
  record('leave', ({ reason, isSearching }) => `leave ${reason} ${isSearching}`)
  record('message', ({ text, from }) => `${from}: ${text}`)
  record('typing', ({ isTyping }) => `typing ${isTyping}`)
  record('remote-stream', (stream) => `remote-stream ${stream !== undefined}`)
  record('error', ({ code }) => `error ${code}`)
  record('welcome', ({ isResumed }) => `welcome ${isResumed}`)
  record('measure', ({ kind }) => `measure ${kind}`)
  record('retry', ({ mayResume }) => `retry ${mayResume}`)
}

/** Starts a client and brings it into a call. Drops the messages and events recorded until then. */
async function enterCall(options?: BuddyClientOptions, room: ServerMessage = matched) {
  createClient(options)
  const started = client.start()
  await settle()
  socket().open()
  socket().receive(welcome)
  await settle()
  socket().receive(room)
  await started
  await settle()
  events = []
  socket().sent.length = 0
}

/** Makes the client reconnect at once, and receive a `welcome` with these fields. */
async function reconnect(fields: Partial<typeof welcome> | object): Promise<void> {
  client.retryNow()
  socket().open()
  socket().sent.length = 0
  socket().receive({ ...welcome, ...fields })
  await settle()
}

describe('during a search, the client', () => {
  test('sends `hello` and `ticket`, then `next` after the partner has left, and `leave` on stop()', async () => {
    createClient()
    void client.start()
    await settle()
    socket().open()
    socket().receive(welcome)
    await settle()
    socket().receive(matched)
    socket().receive({ type: 'partner-left', reason: 'left' })
    await settle()
    client.stop()
    expect(socket().sent).toMatchObject([
      { type: 'hello' },
      { type: 'ticket', mode: 'text', offer: null },
      { type: 'next', offer: null },
      { type: 'leave' },
    ])
    expect(events).toEqual([
      'connecting',
      'welcome false',
      'negotiating',
      'match Bob',
      'connected',
      'waiting',
      'leave partner-left true',
      'idle',
    ])
  })

  test('sends only `leave` if stop() follows next() at once', async () => {
    await enterCall()
    client.next()
    client.stop()
    await settle()
    expect(socket().sent).toEqual([{ type: 'leave' }])
  })

  test('ends the session when the user leaves the page, and searches again when the page is shown again', async () => {
    await enterCall()
    page?.onPageHide()
    expect(socket().closedWith).toBe(1000)
    expect(events).toEqual(['reconnecting', 'leave server-lost true', 'retry false'])
    page?.onWake()
    socket().open()
    expect(socket().sent).toMatchObject([{ type: 'hello', resume: null }])
    socket().receive(welcome)
    await settle()
    expect(socket().sent).toMatchObject([{}, { type: 'ticket' }])
  })
})

describe('a call', () => {
  test('continues after the browser has frozen the page', async () => {
    await enterCall()
    page?.onFreeze()
    expect(socket().closedWith).toBe(4999)
    page?.onWake()
    socket().open()
    expect(socket().sent).toMatchObject([
      { type: 'hello', resume: { token: 'resume', roomToken: 'token-1' } },
    ])
    await reconnect({ received: 1 })
    expect(client.partner?.name).toBe('Bob')
  })

  test('continues after a restart of the server if its room can be restored', async () => {
    await enterCall()
    socket().end(1006)
    await reconnect({ received: 1, isRestored: true })
    expect([events, client.partner?.name]).toEqual([['retry true', 'welcome true'], 'Bob'])
    expect(socket().sent).toEqual([])
  })

  test('ends after a restart of the server if its room cannot be restored', async () => {
    await enterCall({ mode: 'text' }, { ...matched, roomToken: null })
    socket().end(1006)
    await reconnect({ received: 1, isRestored: true })
    expect(events).toContain('leave server-lost true')
    expect(socket().sent).toMatchObject([{ type: 'ticket' }])
  })

  test('ends when the connection is lost if the session cannot be resumed', async () => {
    createClient()
    void client.start()
    await settle()
    socket().open()
    socket().receive({ ...welcome, resumeToken: null })
    socket().receive(matched)
    events = []
    socket().end(1006)
    expect(events).toEqual(['reconnecting', 'leave server-lost true', 'retry false'])
  })

  test('sends `typing` once, and does not send its end after a text or after the call', async () => {
    await enterCall()
    client.notifyTyping()
    client.notifyTyping()
    client.send('Hi')
    client.notifyTyping()
    client.next()
    clock.advance(10_000)
    await settle()
    expect(socket().sent).toMatchObject([
      { type: 'typing', isTyping: true },
      { type: 'text', text: 'Hi' },
      { type: 'typing', isTyping: true },
      { type: 'next' },
    ])
  })

  test("ends the partner's typing when a text arrives", async () => {
    await enterCall()
    socket().receive({ type: 'typing', isTyping: true })
    socket().receive({ type: 'text', text: 'Hi' })
    expect(events).toEqual(['typing true', 'typing false', 'partner: Hi'])
  })

  test('cleans texts in both directions, and passes none without a visible character', async () => {
    await enterCall()
    client.send('one\u202e\r\ntwo\u0000')
    socket().receive({ type: 'text', text: 'a\u202ebc\u202c\n\u200bd' })
    socket().receive({ type: 'text', text: '\u200b\u2067' })
    expect(() => client.send('\u200b')).toThrow(expect.objectContaining({ code: 'invalid-text' }))
    expect(socket().sent).toEqual([{ type: 'text', text: 'one\ntwo' }])
    expect(events.filter((event) => !event.startsWith('typing'))).toEqual([
      'self: one\ntwo',
      'partner: abc\nd',
    ])
  })

  test('filters texts in both directions by `textFilter`', async () => {
    await enterCall({
      mode: 'text',
      textFilter: (text) => !text.includes('drop') && text.replace('bad', '***'),
    })
    client.send('a bad word')
    expect(() => client.send('drop')).toThrow(expect.objectContaining({ code: 'text-filtered' }))
    socket().receive({ type: 'text', text: 'bad' })
    socket().receive({ type: 'text', text: 'drop' })
    expect(socket().sent).toEqual([{ type: 'text', text: 'a *** word' }])
    expect(events.filter((event) => !event.startsWith('typing'))).toEqual([
      'self: a *** word',
      'partner: ***',
    ])
  })

  test('emits `error` if the filter of an incoming text fails', async () => {
    const textFilter = (): string => {
      throw new Error('broken')
    }
    await enterCall({ mode: 'text', textFilter })
    socket().receive({ type: 'text', text: 'Hi' })
    expect(events).toEqual(['typing false', 'error text-filtered'])
  })
})

describe('a call with media', () => {
  const audio = { mode: 'audio' } as const
  const connection = (): FakeConnection => FakeConnection.all.at(-1)!

  test('emits `remote-stream` with the stream, and with undefined when the call ends', async () => {
    await enterCall(audio)
    connection().addRemoteTrack()
    connection().changeState('connected')
    client.next()
    expect(events).toEqual([
      'remote-stream true',
      'connected',
      'remote-stream false',
      'waiting',
      'leave next true',
    ])
  })

  test('is lost if its path cannot be restored, and the client then searches only on next()', async () => {
    await enterCall(audio)
    connection().changeState('connected')
    await settle()
    events = []
    socket().sent.length = 0
    for (let step = 1; step <= 4; step++) {
      connection().changeState('failed')
      await settle()
    }
    expect(events).toEqual(['error call-failed', 'reconnecting', 'leave call-failed false'])
    expect(socket().sent.filter((message) => message?.type !== 'signal')).toEqual([
      { type: 'ping' },
      { type: 'diagnosis', reason: 'no-path' },
      { type: 'leave' },
    ])
    // A new connection does not make the client search.
    socket().end(1006)
    await reconnect({ received: null })
    expect([client.state, socket().sent]).toEqual(['reconnecting', []])
    client.next()
    await settle()
    expect(socket().sent).toMatchObject([{ type: 'ticket', mode: 'audio' }])
  })

  test('does not use an ICE URL that the browser refuses, and the client reports the URL once', async () => {
    await enterCall(audio)
    const iceServers = [
      { urls: ['stun://wrong.example', 'stun:right.example'], username: null, credential: null },
    ]
    socket().receive({ type: 'ice-servers', iceServers })
    socket().receive({ type: 'ice-servers', iceServers })
    expect(warnings).toEqual([expect.stringContaining('stun://wrong.example')])
    expect(socket().sent).toContainEqual({ type: 'diagnosis', reason: 'ice-url-refused' })
    expect(socket().sent).toHaveLength(1)
  })

  test('is not given up while the partner is away, but 7 and 10 s after the partner is back', async () => {
    await enterCall(audio)
    connection().changeState('connected')
    connection().changeState('failed')
    socket().receive({ type: 'partner-away' })
    await clock.advanceAsync(40_000)
    expect(client.state).toBe('connected')
    socket().receive({ type: 'partner-back' })
    await clock.advanceAsync(16_999)
    expect(client.state).toBe('connected')
    await clock.advanceAsync(1)
    expect(client.state).toBe('reconnecting')
  })

  test('leaves no peer connection open after stop(), also not the one of the next call', async () => {
    createClient(audio, { preparesCalls: true })
    void client.start().catch(() => undefined)
    await settle()
    socket().open()
    socket().receive(welcome)
    await settle()
    socket().receive({ type: 'waiting', online: 2 })
    client.stop()
    await settle()
    const states = FakeConnection.all.map(({ connectionState }) => connectionState)
    expect(new Set(states)).toEqual(new Set(['closed']))
  })
})

describe('a report or block', () => {
  const block = { type: 'block', room: 'room-1' }

  test('of the present partner ends the call at once and searches on', async () => {
    await enterCall()
    client.report('threats', { note: 'a note' })
    await settle()
    expect(socket().sent).toMatchObject([
      { type: 'report', reason: 'threats', room: 'room-1', note: 'a note' },
      block,
      { type: 'next' },
    ])
    expect([events, client.state]).toEqual([['waiting', 'leave report true'], 'waiting'])
  })

  test('of the present partner has its own reason', async () => {
    await enterCall()
    client.block()
    await settle()
    expect(socket().sent).toEqual([block, { type: 'next', offer: null }])
    expect(events).toEqual(['waiting', 'leave block true'])
  })

  test('of an earlier partner leaves the present call alone', async () => {
    await enterCall()
    client.next()
    await settle()
    socket().receive({ ...matched, room: 'room-2' })
    events = []
    socket().sent.length = 0
    client.report('spam', 'room-1')
    client.block('room-1')
    await settle()
    expect(socket().sent).toMatchObject([{ type: 'report', room: 'room-1' }, block, block])
    expect([events, client.partner?.room]).toEqual([[], 'room-2'])
  })

  test('that is not valid sends nothing, and the call goes on', async () => {
    await enterCall()
    expect(() => client.report('spam', { note: 'x'.repeat(1001) })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
    expect([socket().sent, client.partner?.room]).toEqual([[], 'room-1'])
  })

  test('is kept while the connection is lost, and ends the call at once', async () => {
    await enterCall()
    socket().end(1006)
    client.report('nudity')
    expect(client.partner).toBeUndefined()
    await reconnect({ received: 1 })
    expect(socket().sent.map((message) => message?.type)).toEqual(['report', 'block', 'next'])
  })
})

test('a ban has its measure, as an event and in the error', async () => {
  await enterCall()
  let error: BuddyError | undefined
  client.on('error', (emitted) => (error = emitted))
  socket().receive({
    type: 'measure',
    kind: 'ban',
    reason: 'spam',
    isAutomatic: true,
    until: null,
    appealUrl: 'https://site.example/appeal',
    decision: 'd-1',
    statement: null,
  })
  socket().receive({ type: 'error', code: 'banned', message: '', retryAfterMs: null })
  socket().end(closeCodes.banned)
  expect(events).toEqual(['measure ban', 'closed', 'leave server-lost false', 'error banned'])
  expect(error?.measure).toMatchObject({
    reason: 'spam',
    appealUrl: 'https://site.example/appeal',
    decision: 'd-1',
  })
})

describe('setCriteria()', () => {
  test('before start() applies to all runs, and keeps what is not given', async () => {
    createClient({ mode: 'text', interests: ['go'], languages: ['de'] })
    client.setCriteria({ interests: ['chess'] })
    client.setCriteria({ interests: undefined, keepInterests: true })
    client.start().catch(() => undefined)
    await settle()
    socket().open()
    socket().receive(welcome)
    await settle()
    expect(socket().sent.at(-1)).toMatchObject({
      type: 'ticket',
      interests: ['chess'],
      languages: ['de'],
      keep: { interests: true, languages: false },
    })
  })

  test('keeps what start() was given', async () => {
    createClient({ mode: 'text' })
    client.start({ interests: ['go'], keepInterests: true }).catch(() => undefined)
    await settle()
    client.setCriteria({ languages: ['de'] })
    socket().open()
    socket().receive(welcome)
    await settle()
    expect(socket().sent.at(-1)).toMatchObject({
      type: 'ticket',
      interests: ['go'],
      languages: ['de'],
      keep: { interests: true, languages: false },
    })
  })

  test('rejects criteria that are not valid, and keeps the present ones', async () => {
    await enterCall({ mode: 'text', interests: ['go'] })
    expect(() => client.setCriteria({ interests: ['x'.repeat(49)] })).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
    client.setCriteria({})
    client.next()
    await settle()
    expect(socket().sent).toMatchObject([{ type: 'ticket', interests: ['go'] }])
  })

  test('changes the search of a client in the queue', async () => {
    await enterCall()
    client.next()
    await settle()
    socket().receive({ type: 'waiting', online: 1 })
    socket().sent.length = 0
    client.setCriteria({ asks: [{ attribute: 'region', values: ['eu'] }] })
    expect(socket().sent).toMatchObject([
      { type: 'change', asks: [{ attribute: 'region', values: ['eu'] }] },
    ])
  })
})
