// A call between Chromium and Firefox, behind a load balancer with three servers. Each server is stopped and started
// again, one after the other, and the users notice nothing of it.
import { decode } from '@buddy-chat/protocol'
import { describe, expect, onTestFinished } from 'vitest'
import { startBalancer } from '../balancer.ts'
import type { NodeFixtures } from '../nodes-fixture.ts'
import { missingRedisMessage, nodeFixtures } from '../nodes-fixture.ts'
import { test as base } from './fixtures.ts'
import { watchMedia } from './frame-gaps.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const test = base.extend<NodeFixtures>(nodeFixtures)

/** What a page notes. Stored in the page. */
interface Notes {
  /** Each frame `welcome`, in base64. */
  readonly welcomes: string[]
  /** The codes with which the client has lost its connection. */
  readonly losses: string[]
  /** The longest time without a server, in milliseconds. */
  readonly longestAbsenceMs: number
  /** All states of the page since {@link watch}. */
  readonly states: string[]
  /** All texts since {@link watch} that the page showed over the video or announced to screen readers. */
  readonly shown: string[]
}

/** The type of the frame `welcome`, which is the second byte of it. */
const welcomeType = 32

/** What a page shows while it, or the partner's page, is without a server. */
const trouble = /out of reach|reached again|interrupted|is back|restarts|lost/i

/** Makes the page note its frames `welcome`. Call before Start is pressed. */
const noteWelcomes = ({ page }: Visitor): Promise<void> =>
  page.evaluate((type) => {
    const notes = {
      welcomes: [] as string[],
      losses: [],
      longestAbsenceMs: 0,
      states: [],
      shown: [],
    }
    let lostAtMs: number | undefined
    Object.assign(window, { notes })
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        this.addEventListener('message', ({ data }) => {
          const bytes = new Uint8Array(data as ArrayBuffer)
          if (bytes[1] !== type) return
          notes.welcomes.push(btoa(String.fromCharCode(...bytes)))
          const absenceMs = performance.now() - (lostAtMs ?? performance.now())
          notes.longestAbsenceMs = Math.max(notes.longestAbsenceMs, absenceMs)
        })
        this.addEventListener('close', () => (lostAtMs = performance.now()))
      }
    }
  }, welcomeType)

/** Makes the page note what it shows, and send two texts whenever it has lost its connection. */
const watch = ({ page }: Visitor): Promise<void> =>
  page.evaluate(() => {
    const { notes } = window as unknown as { notes: Notes }
    const chat = document.querySelector('buddy-chat') as unknown as HTMLElement & {
      readonly client: {
        on(name: 'retry', listener: (retry: { error: { code: string } }) => void): void
      }
      readonly state: string
      send(text: string): void
    }
    const root = chat.shadowRoot!
    const noteShown = (): void => {
      for (const element of root.querySelectorAll<HTMLElement>(
        '[part~="notice"], [part~="status"], [role="status"]',
      )) {
        if (!notes.shown.includes(element.innerText)) notes.shown.push(element.innerText)
      }
    }
    noteShown()
    new MutationObserver(noteShown).observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
    })
    chat.addEventListener('buddy-state-change', (event) => {
      notes.states.push((event as CustomEvent<{ state: string }>).detail.state)
    })
    chat.client.on('retry', ({ error }) => {
      notes.losses.push(error.code)
      if (chat.state !== 'connected') return
      for (const letter of ['x', 'y']) chat.send(`${notes.losses.length}${letter}`)
    })
  })

const notesOf = ({ page }: Visitor): Promise<Notes> =>
  page.evaluate(() => (window as unknown as { notes: Notes }).notes)

/** Returns the texts of the user of the page, or of the partner, in the order in which the page shows them. */
const textsOf = ({ page }: Visitor, author: 'self' | 'partner'): Promise<string[]> =>
  page.evaluate((from) => {
    const { shadowRoot } = document.querySelector('buddy-chat')!
    const texts = shadowRoot!.querySelectorAll<HTMLElement>(`[part~="message-${from}"]`)
    return [...texts].map(({ innerText }) => innerText)
  }, author)

/** Types two texts at a time, and waits until the reader sees them, until `isDone`. Returns all that was typed. */
async function converse(
  author: Visitor,
  reader: Visitor,
  prefix: string,
  isDone: () => boolean,
): Promise<string[]> {
  const typed: string[] = []
  while (!isDone()) {
    for (let count = 0; count < 2; count++) {
      const text = `${prefix}${typed.length}.`
      await author.type('text-input', `${text}\n`)
      typed.push(text)
    }
    await reader.waitForText(typed.at(-1)!)
  }
  return typed
}

describe.skipIf(missingRedisMessage)('three servers', () => {
  test('while each server is restarted, a call of Chromium and Firefox continues: media flows, sessions stay, each text arrives once and in order, no trouble is shown, and Next works', async ({
    startNodeProcess,
    visit,
    visitWithFirefox,
  }) => {
    const settings = { SHUTDOWN_TIMEOUT_SECONDS: '3' }
    const nodes = await Promise.all(Array.from({ length: 3 }, () => startNodeProcess(settings)))
    const balancer = await startBalancer(nodes.map(({ url }) => url))
    onTestFinished(() => balancer.close())
    const [ana, bob, cem] = await Promise.all([
      visit(`${balancer.url}/?name=Ana`),
      visitWithFirefox(`${balancer.url}/?name=Bob`),
      visit(`${balancer.url}/?name=Cem&mode=text`),
    ])
    const all = [ana, bob, cem]
    const both = [ana, bob]
    await Promise.all(all.map((visitor) => noteWelcomes(visitor)))
    await meet(ana, bob)
    await cem.press('start-button')
    await cem.waitForState('waiting')
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    await Promise.all(all.map((visitor) => watch(visitor)))
    const expectMedia = await watchMedia(both)

    for (const [index, node] of nodes.entries()) {
      let isBack = false
      const restart = async (): Promise<void> => {
        await node.stop()
        await node.start()
        isBack = true
      }
      const [, ...typed] = await Promise.all([
        restart(),
        converse(ana, bob, `a${index}`, () => isBack),
        converse(bob, ana, `b${index}`, () => isBack),
      ])
      for (const [author, texts] of typed.entries()) {
        expect(await textsOf(both[author]!, 'self')).toEqual(expect.arrayContaining(texts))
      }
    }

    for (const [author, reader] of [
      [ana, bob],
      [bob, ana],
    ] as const) {
      const sent = await textsOf(author, 'self')
      expect(new Set(sent).size).toBe(sent.length)
      await expect.poll(() => textsOf(reader, 'partner')).toEqual(sent)
    }
    const mediaReport = await expectMedia()
    const notes = await Promise.all(all.map((visitor) => notesOf(visitor)))
    // A loss is shown after three seconds. Browsers on a busy machine may need that time to connect.
    const longestMs = Math.max(...notes.map(({ longestAbsenceMs }) => longestAbsenceMs))
    const isTooSlow = longestMs > 2500
    if (isTooSlow) {
      console.log(
        `Skipped: what pages show. A browser needed ${longestMs.toFixed()} ms to connect.`,
      )
    }
    for (const { welcomes, losses, shown } of notes) {
      const sessions = welcomes.map((frame) => {
        const message = decode(Buffer.from(frame, 'base64'))
        return message?.type === 'welcome' && message.session
      })
      // A user who comes to a server that is restarted later is handed over again.
      expect(sessions.length).toBeGreaterThan(1)
      expect(new Set(sessions).size).toBe(1)
      // The server has announced each loss. No connection has failed.
      expect(losses).toEqual(sessions.slice(1).map(() => 'going-away'))
      expect(shown.length).toBeGreaterThan(0)
      if (isTooSlow) continue
      expect(shown.filter((text) => trouble.test(text))).toEqual([])
    }
    for (const { states } of notes.slice(0, 2)) expect(states).toEqual([])
    for (const visitor of both) {
      expect((await visitor.record()).events.map(({ name }) => name)).toEqual(['match'])
    }
    await cem.waitForState('waiting')
    const status = async (): Promise<unknown> => (await fetch(`${balancer.url}/status`)).json()
    const crowd = { nodes: 3, users: 3, away: 0, waiting: 1, rooms: 1 }
    await expect.poll(status).toMatchObject({ crowd })

    await ana.press('next-button')
    await Promise.all(both.map((visitor) => visitor.waitForMatches(2)))
    await Promise.all(both.map((visitor) => visitor.waitForState('connected')))
    await Promise.all(both.map((visitor) => visitor.waitForMedia()))
    for (const { errors } of all) expect(errors).toEqual([])
    const handovers = notes.reduce((sum, { losses }) => sum + losses.length, 0)
    console.log(`rolling restart: ${handovers} handovers of 3 users; ${mediaReport}`)
  })
})
