// Whatever order the visitor, the browser and the server act in, the last word of the visitor counts.
import type { Message, ServerMessage } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ClientEnvironment } from './browser-environment.ts'
import { BuddyClient } from './client.ts'
import type { ClientEvents } from './events.ts'
import { ManualClock } from './manual-clock.fixture.ts'

class FakeTrack extends EventTarget {
  readonly kind: string
  readyState = 'live'
  muted = false
  enabled = true
  readonly label = ''

  constructor(kind: string) {
    super()
    this.kind = kind
  }

  getSettings(): MediaTrackSettings {
    return {}
  }

  stop(): void {
    this.readyState = 'ended'
  }
}

class FakeSocket extends EventTarget {
  binaryType = 'blob'
  readyState = 0

  send(): void {}

  close(): void {
    this.readyState = 3
  }

  opens(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  receives(message: Message): void {
    const data = encode(message).slice().buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  ends(code: number): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }))
  }
}

const welcome: ServerMessage = {
  type: 'welcome',
  session: 's',
  name: 'Ana',
  heartbeatMs: 20_000,
  iceServers: [],
  resumeToken: null,
  received: null,
  allowsText: true,
  allowsVideo: true,
  isRestored: false,
}

const matched: ServerMessage = {
  type: 'matched',
  room: 'r',
  isPolite: true,
  partnerName: 'Bob',
  interests: [],
  isOffered: false,
  roomToken: null,
}

/** A browser that does nothing by itself: each question and each timer waits for the test. */
class FakeBrowser {
  readonly tracks: FakeTrack[] = []
  readonly sockets: FakeSocket[] = []
  readonly clock = new ManualClock()
  readonly #questions: { grant: () => void; refuse: () => void }[] = []
  #watchers = 0

  readonly environment: ClientEnvironment = {
    createSocket: () => {
      const socket = new FakeSocket()
      this.sockets.push(socket)
      return socket as unknown as WebSocket
    },
    clock: this.clock,
    random: () => 0.5,
    probeServer: async () => 'unknown',
    watchPolicy: () => () => undefined,
    media: () => ({
      isSecureContext: true,
      mediaDevices: {
        getUserMedia: (constraints: MediaStreamConstraints) => this.#ask(constraints),
        enumerateDevices: async () => [],
        addEventListener: () => undefined,
      } as unknown as MediaDevices,
      allowsFeature: () => true,
      permission: async () => undefined,
      canChooseSpeaker: false,
    }),
    // A call needs a real browser: here each one is over as soon as it begins.
    warn: () => undefined,
    createConnection: () => {
      throw new Error('no connection')
    },
    hasWebRtc: () => true,
    preparesCalls: false,
    watch: () => {
      this.#watchers++
      return () => void this.#watchers--
    },
    isHidden: () => false,
    baseUrl: () => 'https://page.example/',
  }

  get liveTracks(): number {
    return this.tracks.filter(({ readyState }) => readyState === 'live').length
  }

  get openSockets(): number {
    return this.sockets.filter(({ readyState }) => readyState < 2).length
  }

  get watchers(): number {
    return this.#watchers
  }

  /** The visitor's answer to the oldest question that is open. */
  answer(isGranted: boolean): void {
    const question = this.#questions.shift()
    if (isGranted) question?.grant()
    else question?.refuse()
  }

  #ask({ audio, video }: MediaStreamConstraints): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      this.#questions.push({
        grant: () => {
          const tracks = [...(audio ? ['audio'] : []), ...(video ? ['video'] : [])].map(
            (kind) => new FakeTrack(kind),
          )
          this.tracks.push(...tracks)
          resolve({ getTracks: () => tracks } as unknown as MediaStream)
        },
        refuse: () => reject(new DOMException('', 'NotAllowedError')),
      })
    })
  }
}

const visitorActs = ['start', 'start without camera', 'preview', 'next', 'stop'] as const
const worldActs = [
  'grant',
  'refuse',
  'open',
  'welcome',
  'waiting',
  'matched',
  'lost',
  'turned away',
  'tick',
  'turn',
] as const
type Act = (typeof visitorActs)[number] | (typeof worldActs)[number]

const events = ['state', 'local-stream', 'waiting', 'match', 'leave', 'retry', 'welcome'] as const

interface Script {
  readonly acts: readonly Act[]
  /** What a listener does, once, when it is called for the n-th time. */
  readonly listener: {
    readonly name: (typeof events)[number]
    readonly call: number
    readonly act: (typeof visitorActs)[number]
  }
}

/** Any act, and more often those that race with each other. */
const anyAct = fc.oneof(
  fc.constantFrom<Act>('start', 'grant', 'turn', 'stop'),
  fc.constantFrom<Act>(...visitorActs, ...worldActs),
)

const scripts: fc.Arbitrary<Script> = fc.record({
  acts: fc.array(anyAct, { maxLength: 20 }),
  listener: fc.record({
    name: fc.oneof(fc.constantFrom('state', 'local-stream'), fc.constantFrom(...events)),
    call: fc.integer({ min: 1, max: 3 }),
    act: fc.oneof(fc.constantFrom('start', 'stop'), fc.constantFrom(...visitorActs)),
  }),
})

/** Lets every promise that is settled be noticed. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

class Play {
  readonly browser = new FakeBrowser()
  readonly client = new BuddyClient({ server: 'https://chat.example' }, this.browser.environment)
  readonly pending = new Set<Promise<unknown>>()
  readonly states: ClientEvents['state'][] = []

  constructor({ listener }: Script) {
    let calls = 0
    this.client.on('state', (change) => this.states.push(change))
    this.client.on(listener.name, () => {
      if (++calls === listener.call) void this.act(listener.act)
    })
  }

  async act(act: Act): Promise<void> {
    const { client, browser } = this
    const socket = browser.sockets.at(-1)
    switch (act) {
      case 'start':
        return this.#track(client.start())
      case 'start without camera':
        return this.#track(client.start({ camera: false }))
      case 'preview':
        return this.#track(client.preview())
      case 'next':
        return client.next()
      case 'stop':
        return client.stop()
      case 'grant':
        return browser.answer(true)
      case 'refuse':
        return browser.answer(false)
      case 'open':
        return socket?.opens()
      case 'welcome':
        return socket?.receives(welcome)
      case 'waiting':
        return socket?.receives({ type: 'waiting', online: 2 })
      case 'matched':
        return socket?.receives(matched)
      case 'lost':
        return socket?.ends(1006)
      case 'turned away':
        return socket?.ends(4501)
      case 'tick':
        return browser.clock.runOldest()
      case 'turn':
        return turn()
    }
  }

  /** The visitor has answered every question there can be. */
  async settle(): Promise<void> {
    for (let time = 0; time < 30; time++) {
      this.browser.answer(true)
      await turn()
    }
  }

  #track(promise: Promise<void>): void {
    this.pending.add(promise)
    const forget = (): void => void this.pending.delete(promise)
    promise.then(forget, forget)
  }
}

test('whatever came before it, after the last stop nothing is open, nothing runs and nothing is awaited', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const play = new Play(script)
      for (const act of script.acts) await play.act(act)
      play.client.stop()
      await play.settle()
      const { browser, client, pending } = play
      // The listener's own act may have come after the stop, which caused the event it listens to.
      client.stop()
      await play.settle()
      expect({
        state: client.state,
        stream: client.localStream,
        tracks: browser.liveTracks,
        sockets: browser.openSockets,
        timers: browser.clock.pending,
        watchers: browser.watchers,
        pending: pending.size,
      }).toEqual({
        state: 'idle',
        stream: undefined,
        tracks: 0,
        sockets: 0,
        timers: 0,
        watchers: 0,
        pending: 0,
      })
    }),
    { numRuns: 3000 },
  )
})

test('whatever came before it, a client that is idle or closed has no device and no connection open', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const play = new Play({
        ...script,
        acts: script.acts.filter((act) => act !== 'preview'),
        listener: {
          ...script.listener,
          act: script.listener.act === 'preview' ? 'start' : script.listener.act,
        },
      })
      const { browser, client } = play
      for (const act of script.acts.filter((act) => act !== 'preview')) await play.act(act)
      await play.settle()
      if (client.state !== 'idle' && client.state !== 'closed') {
        expect(client.localStream === undefined).toBe(browser.liveTracks === 0)
        return
      }
      expect([browser.liveTracks, browser.openSockets, browser.watchers]).toEqual([0, 0, 0])
    }),
    { numRuns: 3000 },
  )
})

test('whatever happens, each state follows from the one before, as listeners are told', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const play = new Play(script)
      for (const act of script.acts) await play.act(act)
      await play.settle()
      let before = 'idle'
      for (const { state, previous } of play.states) {
        expect(previous).toBe(before)
        before = state
      }
      expect(play.client.state).toBe(before)
    }),
    { numRuns: 1000 },
  )
})

test('start() and stop() in one turn: start() rejects with aborted, and a device granted late is released', async () => {
  const play = new Play({ acts: [], listener: { name: 'match', call: 1, act: 'stop' } })
  const started = play.client.start()
  play.client.stop()
  await expect(started).rejects.toMatchObject({ code: 'aborted' })
  await play.settle()
  expect([play.client.state, play.browser.tracks.length, play.browser.liveTracks]).toEqual([
    'idle',
    2,
    0,
  ])
})

test('a stop() in a listener of stop() ends the start() that came between them', async () => {
  const play = new Play({ acts: [], listener: { name: 'match', call: 1, act: 'stop' } })
  const { client, browser } = play
  void client.start().catch(() => undefined)
  browser.answer(true)
  await turn()
  const unsubscribe = client.on('local-stream', () => {
    unsubscribe()
    void client.start().catch(() => undefined)
  })
  client.stop()
  expect(client.state).toBe('connecting')
  await play.settle()
  expect([browser.liveTracks, client.localStream !== undefined]).toEqual([2, true])
  client.stop()
  expect([client.state, browser.liveTracks]).toEqual(['idle', 0])
})
