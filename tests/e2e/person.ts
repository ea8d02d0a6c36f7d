// One person at a browser: presses what a person presses, and tells what a person sees.
import type { Browser, ElementHandle, Frame, Page } from 'puppeteer-core'

/** Counts that only grow while media really arrives. */
export interface ReceivedMedia {
  framesDecoded: number
  audioBytes: number
}

const chat = 'buddy-chat'

/** What was received so far, in a page, for each that is waited for. */
interface Counts {
  counts?: Record<string, ReceivedMedia & { latest: ReceivedMedia }>
}

/** Somebody at a page with one `<buddy-chat>`. */
export class Person {
  readonly page: Page
  /** What the page complained of: uncaught errors, errors on its console. */
  readonly complaints: string[] = []

  /** Where the element is: the page itself, or a frame in it. */
  #frame: Frame

  private constructor(page: Page) {
    this.page = page
    this.#frame = page.mainFrame()
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (line) => {
      if (line.type() === 'error')
        this.complaints.push(`${line.text()} ${line.location().url ?? ''}`)
    })
  }

  /** Opens a page in `browser`; where it has a frame, the element is looked for in there. */
  static async visit(browser: Browser, url: string): Promise<Person> {
    const page = await browser.newPage()
    const person = new Person(page)
    await page.evaluateOnNewDocument(watchPage)
    await page.goto(url)
    person.#frame = page.frames().at(-1) ?? page.mainFrame()
    await (await person.#frame.waitForSelector(chat))?.dispose()
    return person
  }

  /** Fills a field as a person does: key by key. */
  async types(name: string, text: string): Promise<void> {
    const handle = await this.part(name)
    await handle.type(text)
    await handle.dispose()
  }

  /** What the page recorded since it was opened, oldest first. */
  record(): Promise<PageRecord> {
    return this.#frame.evaluate(() => (window as unknown as { record: PageRecord }).record)
  }

  /** The node with this part name inside the element, once it is visible and can be used. */
  async part(name: string): Promise<ElementHandle> {
    const usable = `[part~="${name}"]:not([aria-disabled="true"])`
    const handle = await this.#frame.waitForSelector(`${chat} >>> ${usable}`, { visible: true })
    if (!handle) throw new Error(`no part ${name}`)
    return handle
  }

  async press(name: string): Promise<void> {
    const handle = await this.part(name)
    await handle.click()
    // A handle keeps its node alive, and leaks could not be told from ours.
    await handle.dispose()
  }

  /**
   * Presses as near to the same moment as can be: the fingers are on the buttons before, and where
   * one is faster all the same, the other's button is pressed although it is just going away.
   */
  static async pressTogether(name: string, people: readonly Person[]): Promise<void> {
    const handles = await Promise.all(people.map((person) => person.part(name)))
    await Promise.all(
      handles.map((handle) => handle.evaluate((node) => (node as unknown as HTMLElement).click())),
    )
    await Promise.all(handles.map((handle) => handle.dispose()))
  }

  /** Everything the element shows, as text. */
  text(): Promise<string> {
    return this.#frame.$eval(chat, (element) => {
      const root = element.shadowRoot
      return [...(root?.children ?? [])].map((node) => (node as HTMLElement).innerText).join('\n')
    })
  }

  /** Resolves once the element shows `wanted`. */
  async sees(wanted: string): Promise<void> {
    await this.#until(
      `sees "${wanted}"`,
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

  /** Resolves once this page has been matched `count` times. */
  async matches(count: number): Promise<void> {
    await this.#frame.waitForFunction(
      (wanted) => {
        const { record } = window as unknown as { record: PageRecord }
        return record.events.filter(({ name }) => name === 'match').length >= wanted
      },
      { polling: 50 },
      count,
    )
  }

  /** Resolves once the element is in one of these states. */
  async is(...states: string[]): Promise<void> {
    await this.#until(
      `is ${states.join(' or ')}`,
      (element, wanted) => wanted.includes((element as unknown as { state: string }).state),
      states,
    )
  }

  state(): Promise<string> {
    return this.#frame.$eval(chat, (element) => (element as unknown as { state: string }).state)
  }

  received(): Promise<ReceivedMedia> {
    return this.#frame.$eval(chat, async (element) => {
      const { client } = element as unknown as {
        client: { getStats(): Promise<RTCStatsReport | undefined> }
      }
      const received = { framesDecoded: 0, audioBytes: 0 }
      for (const report of (await client.getStats())?.values() ?? []) {
        if (report.type !== 'inbound-rtp') continue
        if (report.kind === 'video') received.framesDecoded += report.framesDecoded ?? 0
        if (report.kind === 'audio') received.audioBytes += report.bytesReceived ?? 0
      }
      return received
    })
  }

  /** Resolves once `frames` more frames were decoded and audio arrived, counted from now. */
  async receivesMedia(frames = 10): Promise<void> {
    await this.#receives(frames)
  }

  /** Resolves once audio arrived, counted from now. */
  async receivesAudio(): Promise<void> {
    await this.#receives(0)
  }

  async #receives(frames: number): Promise<void> {
    const before = await this.received()
    await this.#until(
      `receives ${frames} more frames, and audio (before: ${JSON.stringify(before)})`,
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
        // Counts begin anew with another connection, and in Firefox with an interruption too.
        const counts = ((window as unknown as Counts).counts ??= {})
        const count = (counts[id] ??= { latest: start, framesDecoded: 0, audioBytes: 0 })
        for (const key of ['framesDecoded', 'audioBytes'] as const) {
          const isAnew = now[key] < count.latest[key]
          count[key] += isAnew ? now[key] : now[key] - count.latest[key]
        }
        count.latest = now
        return count.framesDecoded >= wanted && count.audioBytes > 0
      },
      { wanted: frames, start: before, id: `${performance.now()}` },
    )
  }

  /** Resolves once the partner's picture on the screen has changed: neither black nor frozen. */
  async seesMovement(): Promise<void> {
    await this.#until(
      'sees movement',
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

  /** How many of the camera and microphone tracks this page ever opened are still live. */
  liveTracks(): Promise<number> {
    return this.#frame.evaluate(
      () =>
        (window as unknown as { openedTracks: MediaStreamTrack[] }).openedTracks.filter(
          ({ readyState }) => readyState === 'live',
        ).length,
    )
  }

  /** Resolves once every track this page ever opened has ended: the camera's light is out. */
  async isNotRecorded(): Promise<void> {
    await this.#frame.waitForFunction(
      () => {
        const { openedTracks } = window as unknown as { openedTracks: MediaStreamTrack[] }
        return openedTracks.every(({ readyState }) => readyState === 'ended')
      },
      { polling: 50 },
    )
  }

  /** Waits by polling in the page, so that a page that is thrown away rejects. */
  async #until<T>(
    promise: string,
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
      const shown = await this.text().catch(() => '(page gone)')
      throw new Error(`Waited for: ${promise}. The page shows: ${shown}`, { cause })
    } finally {
      await handle?.dispose().catch(() => undefined)
    }
  }
}

/** What {@link watchPage} writes down. */
export interface PageRecord {
  /** `match`, `leave` and `interruption`, with what they were about. */
  readonly events: { readonly name: string; readonly about: string }[]
  /** Directives of the content security policy that were violated. */
  readonly violations: string[]
}

/** Runs before any script of a page: remembers tracks, events and violations, so none can hide. */
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
