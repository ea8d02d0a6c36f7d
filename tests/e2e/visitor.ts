// The page object of one visitor. It presses the element's buttons, and waits for what the page
// shows.
import type { Browser, BrowserContext, ElementHandle, Frame, Page } from 'puppeteer-core'

/** The media that the page has received over its current peer connection. */
export interface ReceivedMedia {
  framesDecoded: number
  audioBytes: number
}

const chat = 'buddy-chat'

/**
 * The media received since each running {@link Visitor.waitForMedia} began, by its id. Stored in
 * the page.
 */
interface Counts {
  counts?: Record<string, ReceivedMedia & { latest: ReceivedMedia }>
}

/** A visitor of a page with one `<buddy-chat>`. */
export class Visitor {
  readonly page: Page
  /** Uncaught errors of the page, and errors on its console. */
  readonly errors: string[] = []

  /** The frame that contains the element: the main frame, or an iframe. */
  #frame: Frame

  private constructor(page: Page) {
    this.page = page
    this.#frame = page.mainFrame()
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (line) => {
      if (line.type() === 'error') this.errors.push(`${line.text()} ${line.location().url ?? ''}`)
    })
  }

  /**
   * Opens `url` in `browser`. If the page has iframes, the element is expected in the last one. If the page
   * inserts the element later, `insert` makes it do so.
   */
  static async open(
    browser: Browser | BrowserContext,
    url: string,
    insert?: (page: Page) => Promise<void>,
  ): Promise<Visitor> {
    const page = await browser.newPage()
    const visitor = new Visitor(page)
    await page.evaluateOnNewDocument(watchPage)
    await page.goto(url)
    await insert?.(page)
    visitor.#frame = page.frames().at(-1) ?? page.mainFrame()
    await (await visitor.#frame.waitForSelector(chat))?.dispose()
    return visitor
  }

  /** Types `text` key by key into the field with this part name. */
  async type(name: string, text: string): Promise<void> {
    const handle = await this.waitForPart(name)
    await handle.type(text)
    await handle.dispose()
  }

  /** Returns what {@link watchPage} has recorded since the page was opened, oldest first. */
  record(): Promise<PageRecord> {
    return this.#frame.evaluate(() => (window as unknown as { record: PageRecord }).record)
  }

  /** Waits until a part of the element with this name is visible and enabled. */
  async waitForPart(name: string): Promise<ElementHandle> {
    const usable = `[part~="${name}"]:not([aria-disabled="true"])`
    const handle = await this.#frame.waitForSelector(`${chat} >>> ${usable}`, { visible: true })
    if (!handle) throw new Error(`no part ${name}`)
    return handle
  }

  async press(name: string): Promise<void> {
    const handle = await this.waitForPart(name)
    await handle.click()
    // Releases the handle, because a handle keeps its node alive. The tests for leaks would take
    // that for a leak of the element.
    await handle.dispose()
  }

  /**
   * Presses the same button in several pages at nearly the same moment. All buttons are located
   * before the first is pressed. A button is clicked even if the press in another page has already
   * removed it.
   */
  static async pressTogether(name: string, visitors: readonly Visitor[]): Promise<void> {
    const handles = await Promise.all(visitors.map((visitor) => visitor.waitForPart(name)))
    await Promise.all(
      handles.map((handle) => handle.evaluate((node) => (node as unknown as HTMLElement).click())),
    )
    await Promise.all(handles.map((handle) => handle.dispose()))
  }

  /** Returns all text that the element shows. */
  text(): Promise<string> {
    return this.#frame.$eval(chat, (element) => {
      const root = element.shadowRoot
      return [...(root?.children ?? [])].map((node) => (node as HTMLElement).innerText).join('\n')
    })
  }

  /** Resolves when the element shows `wanted`. */
  async waitForText(wanted: string): Promise<void> {
    await this.#waitFor(
      `the text "${wanted}"`,
      (element, text) =>
        [...(element.shadowRoot?.children ?? [])].some((node) =>
          (node as HTMLElement).innerText.includes(text),
        ),
      wanted,
    )
  }

  partnerName(): Promise<string> {
    return this.#frame.$eval(
      `${chat} >>> [part~="partner-name"]`,
      (element) => element.textContent ?? '',
    )
  }

  /** Resolves when the element has emitted `buddy-match` at least `count` times. */
  async waitForMatches(count: number): Promise<void> {
    await this.#frame.waitForFunction(
      (wanted) => {
        const { record } = window as unknown as { record: PageRecord }
        return record.events.filter(({ name }) => name === 'match').length >= wanted
      },
      { polling: 50 },
      count,
    )
  }

  /** Resolves when the element is in one of these states. */
  async waitForState(...states: string[]): Promise<void> {
    await this.#waitFor(
      `the state ${states.join(' or ')}`,
      (element, wanted) => wanted.includes((element as unknown as { state: string }).state),
      states,
    )
  }

  state(): Promise<string> {
    return this.#frame.$eval(chat, (element) => (element as unknown as { state: string }).state)
  }

  /** Returns the statistics of the current peer connection. Empty if there is none. */
  stats(): Promise<Record<string, unknown>[]> {
    return this.#frame.$eval(chat, async (element) => {
      const { client } = element as unknown as {
        client: { getStats(): Promise<RTCStatsReport | undefined> }
      }
      return [...((await client.getStats())?.values() ?? [])]
    })
  }

  async receivedMedia(): Promise<ReceivedMedia> {
    const received = { framesDecoded: 0, audioBytes: 0 }
    for (const report of await this.stats()) {
      if (report['type'] !== 'inbound-rtp') continue
      if (report['kind'] === 'video') received.framesDecoded += Number(report['framesDecoded'] ?? 0)
      if (report['kind'] === 'audio') received.audioBytes += Number(report['bytesReceived'] ?? 0)
    }
    return received
  }

  /**
   * Resolves when at least `frames` more video frames have been decoded and more audio has arrived.
   */
  async waitForMedia(frames = 10): Promise<void> {
    await this.#waitForMedia(frames)
  }

  /** Resolves when more audio has arrived. */
  async waitForAudio(): Promise<void> {
    await this.#waitForMedia(0)
  }

  async #waitForMedia(frames: number): Promise<void> {
    const before = await this.receivedMedia()
    await this.#waitFor(
      `${frames} more frames, and audio (before: ${JSON.stringify(before)})`,
      async (element, { wanted, start, id }) => {
        const { client } = element as unknown as {
          client: { getStats(): Promise<RTCStatsReport | undefined> }
        }
        const now = { framesDecoded: 0, audioBytes: 0 }
        for (const report of (await client.getStats())?.values() ?? []) {
          if (report.type !== 'inbound-rtp') continue
          if (report.kind === 'video') now.framesDecoded += report.framesDecoded ?? 0
          if (report.kind === 'audio') now.audioBytes += report.bytesReceived ?? 0
        }
        // The counters restart at 0 with a new peer connection. In Firefox they also restart after
        // an interruption.
        const counts = ((window as unknown as Counts).counts ??= {})
        const count = (counts[id] ??= { latest: start, framesDecoded: 0, audioBytes: 0 })
        for (const key of ['framesDecoded', 'audioBytes'] as const) {
          const hasRestarted = now[key] < count.latest[key]
          count[key] += hasRestarted ? now[key] : now[key] - count.latest[key]
        }
        count.latest = now
        return count.framesDecoded >= wanted && count.audioBytes > 0
      },
      { wanted: frames, start: before, id: `${performance.now()}` },
    )
  }

  /** Resolves when the video that the page shows of the partner is neither black nor frozen. */
  async waitForMovement(): Promise<void> {
    await this.#waitFor(
      'movement in the remote video',
      (element) => {
        const video = element.shadowRoot?.querySelector<HTMLVideoElement>('[part~="remote-video"]')
        if (!video?.videoWidth || video.paused) return false
        const canvas = document.createElement('canvas')
        canvas.width = 64
        canvas.height = 48
        const context = canvas.getContext('2d')!
        context.drawImage(video, 0, 0, 64, 48)
        const pixels = context.getImageData(0, 0, 64, 48).data
        if (!pixels.some((value, index) => index % 4 < 3 && value > 40)) return false
        const memory = video as unknown as { before?: Uint8ClampedArray }
        const { before } = memory
        memory.before = pixels
        return before !== undefined && pixels.some((value, index) => value !== before[index])
      },
      undefined,
    )
  }

  /**
   * Returns how many tracks of camera and microphone are live, among all that this page has opened.
   */
  liveTracks(): Promise<number> {
    return this.#frame.evaluate(
      () =>
        (window as unknown as { openedTracks: MediaStreamTrack[] }).openedTracks.filter(
          ({ readyState }) => readyState === 'live',
        ).length,
    )
  }

  /** Resolves when every camera and microphone track that this page has opened has ended. */
  async waitForEndedTracks(): Promise<void> {
    await this.#frame.waitForFunction(
      () => {
        const { openedTracks } = window as unknown as { openedTracks: MediaStreamTrack[] }
        return openedTracks.every(({ readyState }) => readyState === 'ended')
      },
      { polling: 50 },
    )
  }

  /** Polls inside the page. The wait therefore rejects if the page is closed or navigates away. */
  async #waitFor<T>(
    what: string,
    predicate: (element: Element, argument: T) => unknown,
    argument: T,
  ): Promise<void> {
    const handle = await this.#frame.$(chat)
    try {
      await this.#frame.waitForFunction(
        predicate as (element: Element, argument: unknown) => unknown,
        { polling: 100, timeout: 30_000 },
        handle!,
        argument,
      )
    } catch (cause) {
      const shown = await this.text().catch(() => '(page closed)')
      throw new Error(`Timed out waiting for ${what}. The page shows: ${shown}`, { cause })
    } finally {
      await handle?.dispose().catch(() => undefined)
    }
  }
}

/** Presses Start in both pages, and resolves when both are connected. */
export async function meet(ana: Visitor, bob: Visitor): Promise<void> {
  const both = [ana, bob]
  await Promise.all(both.map((visitor) => visitor.press('start-button')))
  await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
}

/** Everything that {@link watchPage} records. */
export interface PageRecord {
  /**
   * The events `match`, `leave` and `interruption`, each with the partner's name, the reason or the
   * step.
   */
  readonly events: { readonly name: string; readonly about: string }[]
  /** Violated directives of the content security policy, each with what was blocked. */
  readonly violations: string[]
}

/** Records tracks, events and violations. Runs before any script of the page. */
function watchPage(): void {
  const record: PageRecord = { events: [], violations: [] }
  const memory = Object.assign(window, { openedTracks: [] as MediaStreamTrack[], record })
  document.addEventListener('securitypolicyviolation', (event) => {
    record.violations.push(`${event.violatedDirective} ${event.blockedURI}`)
  })
  document.addEventListener('buddy-match', (event) => {
    const { detail } = event as CustomEvent<{ partner: { name: string } }>
    record.events.push({ name: 'match', about: detail.partner.name })
  })
  document.addEventListener('buddy-leave', (event) => {
    const { detail } = event as CustomEvent<{ reason: string }>
    record.events.push({ name: 'leave', about: detail.reason })
  })
  document.addEventListener('buddy-interruption', (event) => {
    const { detail } = event as CustomEvent<{ step: string }>
    record.events.push({ name: 'interruption', about: detail.step })
  })
  const { mediaDevices } = navigator
  if (!mediaDevices) return
  const original = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints)
    memory.openedTracks.push(...stream.getTracks())
    return stream
  }
}
