// Whatever the order in which user, browser and server act, the user's latest `start()` or `stop()` takes
// effect.
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

  open(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  receive(message: Message): void {
    const data = encode(message).slice().buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  end(code: number): void {
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

/** A fake browser in which tests answer the permission prompts and fire the timers. */
class FakeBrowser {
  readonly tracks: FakeTrack[] = []
  readonly sockets: FakeSocket[] = []
  readonly clock = new ManualClock()
  readonly #prompts: { grant: () => void; deny: () => void }[] = []
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
        getUserMedia: (constraints: MediaStreamConstraints) => this.#prompt(constraints),
        enumerateDevices: async () => [],
        addEventListener: () => undefined,
      } as unknown as MediaDevices,
      allowsFeature: () => true,
      permission: async () => undefined,
      canChooseSpeaker: false,
    }),
    warn: () => undefined,
    // The fake browser has no WebRTC, so each call fails as soon as it begins.
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
    createVeil: () => ({ cover: () => undefined, close: () => undefined }),
    baseUrl: () => 'https://page.example/',
    storage: () => undefined,
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

  /** Answers the oldest open permission prompt. */
  answer(isGranted: boolean): void {
    const prompt = this.#prompts.shift()
    if (isGranted) prompt?.grant()
    else prompt?.deny()
  }

  #prompt({ audio, video }: MediaStreamConstraints): Promise<MediaStream> {
    return new Promise((resolve, reject) => {
      this.#prompts.push({
        grant: () => {
          const tracks = [...(audio ? ['audio'] : []), ...(video ? ['video'] : [])].map(
            (kind) => new FakeTrack(kind),
          )
          this.tracks.push(...tracks)
          resolve({ getTracks: () => tracks } as unknown as MediaStream)
        },
        deny: () => reject(new DOMException('', 'NotAllowedError')),
      })
    })
  }
}

const userActions = ['start', 'start without camera', 'preview', 'next', 'stop'] as const
const environmentActions = [
  'grant',
  'deny',
  'open',
  'welcome',
  'waiting',
  'matched',
  'lost',
  'refused',
  'tick',
  'turn',
] as const
type Action = (typeof userActions)[number] | (typeof environmentActions)[number]

const events = ['state', 'local-stream', 'waiting', 'match', 'leave', 'retry', 'welcome'] as const

interface Script {
  readonly actions: readonly Action[]
  /** A listener of the event `name`. When it is called for the `call`-th time, it performs `action`. */
  readonly listener: {
    readonly name: (typeof events)[number]
    readonly call: number
    readonly action: (typeof userActions)[number]
  }
}

/** Generates an action. Actions that can race with each other are more frequent. */
const anyAction = fc.oneof(
  fc.constantFrom<Action>('start', 'grant', 'turn', 'stop'),
  fc.constantFrom<Action>(...userActions, ...environmentActions),
)

const scripts: fc.Arbitrary<Script> = fc.record({
  actions: fc.array(anyAction, { maxLength: 20 }),
  listener: fc.record({
    name: fc.oneof(fc.constantFrom('state', 'local-stream'), fc.constantFrom(...events)),
    call: fc.integer({ min: 1, max: 3 }),
    action: fc.oneof(fc.constantFrom('start', 'stop'), fc.constantFrom(...userActions)),
  }),
})

/** Lets the reactions to all settled promises run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

class Scenario {
  readonly browser = new FakeBrowser()
  readonly client = new BuddyClient({ server: 'https://chat.example' }, this.browser.environment)
  readonly pending = new Set<Promise<unknown>>()
  readonly states: ClientEvents['state'][] = []

  constructor({ listener }: Script) {
    let calls = 0
    this.client.on('state', (change) => this.states.push(change))
    this.client.on(listener.name, () => {
      if (++calls === listener.call) void this.perform(listener.action)
    })
  }

  async perform(action: Action): Promise<void> {
    const { client, browser } = this
    const socket = browser.sockets.at(-1)
    switch (action) {
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
      case 'deny':
        return browser.answer(false)
      case 'open':
        return socket?.open()
      case 'welcome':
        return socket?.receive(welcome)
      case 'waiting':
        return socket?.receive({ type: 'waiting', online: 2 })
      case 'matched':
        return socket?.receive(matched)
      case 'lost':
        return socket?.end(1006)
      case 'refused':
        return socket?.end(4501)
      case 'tick':
        return browser.clock.runOldest()
      case 'turn':
        return turn()
    }
  }

  /** Grants all permission prompts, including those that appear meanwhile. */
  async settle(): Promise<void> {
    for (let time = 0; time < 30; time++) {
      this.browser.answer(true)
      await turn()
    }
  }

  #track(promise: Promise<void>): void {
    this.pending.add(promise)
    const remove = (): void => void this.pending.delete(promise)
    promise.then(remove, remove)
  }
}

test('leaves no device, connection, timer or pending promise after the last stop()', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const scenario = new Scenario(script)
      for (const action of script.actions) await scenario.perform(action)
      scenario.client.stop()
      await scenario.settle()
      const { browser, client, pending } = scenario
      // The first `stop()` may have caused the listener's action, for example a `start()`.
      client.stop()
      await scenario.settle()
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

test('has no open device or connection in the state `idle` or `closed`', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const scenario = new Scenario({
        ...script,
        actions: script.actions.filter((action) => action !== 'preview'),
        listener: {
          ...script.listener,
          action: script.listener.action === 'preview' ? 'start' : script.listener.action,
        },
      })
      const { browser, client } = scenario
      for (const action of script.actions.filter((action) => action !== 'preview'))
        await scenario.perform(action)
      await scenario.settle()
      if (client.state !== 'idle' && client.state !== 'closed') {
        expect(client.localStream === undefined).toBe(browser.liveTracks === 0)
        return
      }
      expect([browser.liveTracks, browser.openSockets, browser.watchers]).toEqual([0, 0, 0])
    }),
    { numRuns: 3000 },
  )
})

test('emits `state` events whose `previous` is the `state` of the preceding event', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const scenario = new Scenario(script)
      for (const action of script.actions) await scenario.perform(action)
      await scenario.settle()
      let before = 'idle'
      for (const { state, previous } of scenario.states) {
        expect(previous).toBe(before)
        before = state
      }
      expect(scenario.client.state).toBe(before)
    }),
    { numRuns: 1000 },
  )
})

test('rejects start() with `aborted` if stop() follows at once, and releases devices that open later', async () => {
  const scenario = new Scenario({
    actions: [],
    listener: { name: 'match', call: 1, action: 'stop' },
  })
  const started = scenario.client.start()
  scenario.client.stop()
  await expect(started).rejects.toMatchObject({ code: 'aborted' })
  await scenario.settle()
  expect([
    scenario.client.state,
    scenario.browser.tracks.length,
    scenario.browser.liveTracks,
  ]).toEqual(['idle', 2, 0])
})

test('stop() also stops a run that a listener has started during an earlier stop()', async () => {
  const scenario = new Scenario({
    actions: [],
    listener: { name: 'match', call: 1, action: 'stop' },
  })
  const { client, browser } = scenario
  void client.start().catch(() => undefined)
  browser.answer(true)
  await turn()
  const unsubscribe = client.on('local-stream', () => {
    unsubscribe()
    void client.start().catch(() => undefined)
  })
  client.stop()
  expect(client.state).toBe('connecting')
  await scenario.settle()
  expect([browser.liveTracks, client.localStream !== undefined]).toEqual([2, true])
  client.stop()
  expect([client.state, browser.liveTracks]).toEqual(['idle', 0])
})
