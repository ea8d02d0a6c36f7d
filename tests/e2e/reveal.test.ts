// With `reveal: 'mutual'`, no decoded frame is larger than 40 × 30 pixels before both users have agreed, and none
// after one of them has withdrawn. With `revealAudio: false`, no sound is sent either. The pages record the size of
// every frame of the partner, from the first one.
import type { BrowserContext, Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { isFullBrowserRun } from '../full-browser-run.ts'
import { test as base } from './browser-pool.ts'
import { serveHeadless } from './serve-headless.ts'

/** Frames in a row that are all at most 40 × 30 pixels (`coarse`), or all larger (`clear`). */
interface Run {
  readonly kind: 'coarse' | 'clear'
  frames: number
  /** The largest width and height. */
  width: number
  height: number
}

/** The functions of the page that this test uses. */
interface Client {
  on(name: string, listener: (detail: never) => void): void
  start(): Promise<void>
  next(): void
  setRevealed(isRevealed: boolean): void
  resumeDevice(device: string): Promise<void>
  getStats(): Promise<RTCStatsReport | undefined>
}

/** The properties of a page's `window`. */
interface Recorded {
  BuddyClient: new (options: object) => Client
  client: Client
  /** The frames of the present call. */
  runs: Run[]
  matches: number
  hasPartnerAgreed: boolean
  connections: RTCPeerConnection[]
  negotiations: number
}

/** Records connections, and every frame that they receive. Runs before any script of the page. */
function recordFrames(): void {
  const recorded = Object.assign(window as unknown as Recorded, {
    runs: [],
    connections: [],
    matches: 0,
    negotiations: 0,
    hasPartnerAgreed: false,
  })
  const handleFrame = (width: number, height: number): void => {
    const kind = width <= 40 && height <= 30 ? 'coarse' : 'clear'
    if (recorded.runs.at(-1)?.kind !== kind) {
      recorded.runs.push({ kind, frames: 0, width: 0, height: 0 })
    }
    const run = recorded.runs.at(-1)!
    run.frames++
    run.width = Math.max(run.width, width)
    run.height = Math.max(run.height, height)
  }
  interface Processor {
    readonly readable: ReadableStream<VideoFrame>
  }
  type CreateProcessor = new (init: object) => Processor
  const { MediaStreamTrackProcessor } = window as unknown as {
    MediaStreamTrackProcessor?: CreateProcessor
  }
  async function record(track: MediaStreamTrack): Promise<void> {
    if (MediaStreamTrackProcessor) {
      const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 100 })
      const reader = readable.getReader()
      for (;;) {
        const { value } = await reader.read()
        if (!value) return
        handleFrame(value.displayWidth, value.displayHeight)
        value.close()
      }
    }
    // Firefox has no processor. It reports each frame that it shows, and each change of the size.
    const video = document.createElement('video')
    video.muted = true
    video.srcObject = new MediaStream([track])
    const handle = (): void => handleFrame(video.videoWidth, video.videoHeight)
    video.addEventListener('resize', handle)
    const next = (): void => {
      video.requestVideoFrameCallback((_now, { width, height }) => {
        handleFrame(width, height)
        next()
      })
    }
    next()
    document.body.append(video)
    await video.play()
  }
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      recorded.connections.push(this)
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'video') void record(track)
      })
      this.addEventListener('signalingstatechange', () => {
        if (this.signalingState === 'stable') recorded.negotiations++
      })
    }
  }
}

/** A user of the headless client. */
class User {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  static async open(browser: BrowserContext, page: string, server: string): Promise<User> {
    const opened = await browser.newPage()
    await opened.evaluateOnNewDocument(recordFrames)
    await opened.goto(page)
    const user = new User(opened)
    await user.#waitFor(() => 'BuddyClient' in window)
    await opened.evaluate((url) => {
      const recorded = window as unknown as Recorded
      const client = new recorded.BuddyClient({ server: url, reveal: 'mutual', revealAudio: false })
      recorded.client = client
      client.on('match', () => {
        recorded.runs = []
        recorded.matches++
      })
      client.on('reveal', ({ partner }: { partner: boolean }) => {
        recorded.hasPartnerAgreed = partner
      })
    }, server)
    return user
  }

  /** Resolves when the search has begun. */
  start(): Promise<void> {
    return this.#page.evaluate(() => (window as unknown as Recorded).client.start())
  }

  setRevealed(isRevealed: boolean): Promise<void> {
    return this.#page.evaluate((revealed) => {
      ;(window as unknown as Recorded).client.setRevealed(revealed)
    }, isRevealed)
  }

  next(): Promise<void> {
    return this.#page.evaluate(() => (window as unknown as Recorded).client.next())
  }

  /** Opens the camera again, so that the client sends another track. */
  reopenCamera(): Promise<void> {
    return this.#page.evaluate(() => (window as unknown as Recorded).client.resumeDevice('camera'))
  }

  /** Restarts ICE as after a change of network, and resolves when it was negotiated. */
  async restartIce(): Promise<void> {
    const before = await this.#page.evaluate(() => {
      window.dispatchEvent(new Event('online'))
      return (window as unknown as Recorded).negotiations
    })
    await this.#waitFor((count) => (window as unknown as Recorded).negotiations > count, before)
  }

  /** Makes the client believe that an ICE restart has failed too, so that it creates a new connection. */
  async rebuild(): Promise<void> {
    const before = await this.#page.evaluate(() => {
      const { connections } = window as unknown as Recorded
      const used = connections.find(({ connectionState }) => connectionState === 'connected')!
      Object.defineProperty(used, 'connectionState', { value: 'failed' })
      for (let time = 1; time <= 2; time++) used.dispatchEvent(new Event('connectionstatechange'))
      return connections.indexOf(used)
    })
    await this.#waitFor(
      (index) =>
        (window as unknown as Recorded).connections.some(
          ({ connectionState }, other) => other > index && connectionState === 'connected',
        ),
      before,
    )
  }

  /** Resolves when the page has received at least `frames` more frames, all of this kind. */
  async waitForFrames(kind: Run['kind'], frames = 10): Promise<void> {
    const before = await this.#page.evaluate((wanted) => {
      const last = (window as unknown as Recorded).runs.at(-1)
      return last?.kind === wanted ? last.frames : 0
    }, kind)
    await this.#waitFor(
      ({ wanted, count }) => {
        const last = (window as unknown as Recorded).runs.at(-1)
        return last?.kind === wanted && last.frames >= count
      },
      { wanted: kind, count: before + frames },
    )
  }

  /** Returns the energy of the sound that the page sends at present. Only Chromium reports it. */
  sentSound(): Promise<number> {
    return this.#page.evaluate(async () => {
      const stats = await (window as unknown as Recorded).client.getStats()
      const sources = [...(stats?.values() ?? [])].filter(
        ({ type, kind }) => type === 'media-source' && kind === 'audio',
      )
      return sources.reduce((sum, { totalAudioEnergy }) => sum + totalAudioEnergy, 0)
    })
  }

  /** Resolves when the page sends sound. */
  async waitForSentSound(): Promise<void> {
    await expect.poll(() => this.sentSound(), { timeout: 10_000 }).toBeGreaterThan(0)
  }

  waitForPartnerAgreement(): Promise<void> {
    return this.#waitFor(() => (window as unknown as Recorded).hasPartnerAgreed)
  }

  waitForMatch(number: number): Promise<void> {
    return this.#waitFor((count) => (window as unknown as Recorded).matches >= count, number)
  }

  runs(): Promise<Run[]> {
    return this.#page.evaluate(() => (window as unknown as Recorded).runs)
  }

  async #waitFor<T>(predicate: (argument: T) => boolean, argument?: T): Promise<void> {
    const run = predicate as (argument: unknown) => boolean
    try {
      await this.#page.waitForFunction(run, { polling: 50, timeout: 30_000 }, argument)
    } catch (cause) {
      const seen = JSON.stringify(await this.runs().catch(() => undefined))
      throw new Error(`Timed out waiting for ${predicate}. Frames: ${seen}`, { cause })
    }
  }
}

const test = base.extend<{
  /** Opens a page with the headless client in a browser of its own. */
  readonly open: (browser: 'Chromium' | 'Firefox', server: string) => Promise<User>
}>({
  open: async ({ browsers }, use) => {
    const page = await serveHeadless()
    await use(async (name, server) => {
      const context = name === 'Firefox' ? browsers.lendFirefox() : browsers.lendChromium()
      return User.open(await context, page.url, server)
    })
    page.server.closeAllConnections()
    page.server.close()
  },
})

for (const other of isFullBrowserRun
  ? (['Chromium', 'Firefox'] as const)
  : (['Firefox'] as const)) {
  test(`Chromium and ${other} send no clear frame except while both users agree`, async ({
    startServer,
    open,
  }) => {
    const { url } = await startServer({ avoidRecentCount: 0, rematchDelayMs: 0 })
    const [ana, bob] = await Promise.all([open('Chromium', url), open(other, url)])
    const both = [ana, bob]
    const receive = (kind: Run['kind']): Promise<unknown> =>
      Promise.all(both.map((user) => user.waitForFrames(kind)))
    const kinds = async (): Promise<string[]> =>
      (await Promise.all(both.map((user) => user.runs()))).map((runs) =>
        runs.map(({ kind }) => kind).join(' '),
      )

    await Promise.all(both.map((user) => user.start()))
    await receive('coarse')
    // One user's agreement is not enough, also after changes of the connection.
    await ana.setRevealed(true)
    await bob.waitForPartnerAgreement()
    await Promise.all(both.map((user) => user.reopenCamera()))
    await receive('coarse')
    await ana.restartIce()
    await receive('coarse')
    await bob.rebuild()
    await receive('coarse')
    expect(await kinds()).toEqual(['coarse', 'coarse'])
    expect(await ana.sentSound()).toBe(0)

    await bob.setRevealed(true)
    await receive('clear')
    await ana.waitForSentSound()
    await ana.reopenCamera()
    await receive('clear')

    await ana.setRevealed(false)
    await receive('coarse')
    expect(await kinds()).toEqual(['coarse clear coarse', 'coarse clear coarse'])

    await ana.setRevealed(true)
    await receive('clear')
    await bob.next()
    await Promise.all(both.map((user) => user.waitForMatch(2)))
    await receive('coarse')
    expect(await kinds()).toEqual(['coarse', 'coarse'])
    for (const [run] of await Promise.all(both.map((user) => user.runs()))) {
      expect(run!.width).toBeLessThanOrEqual(40)
      expect(run!.height).toBeLessThanOrEqual(30)
    }
  })
}
