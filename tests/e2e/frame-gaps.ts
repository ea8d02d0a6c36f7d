import { expect } from 'vitest'
import type { ReceivedMedia, Visitor } from './visitor.ts'

/** The longest time between two frames that a page shows of a video, in milliseconds. */
interface Gaps {
  /** Of the partner's video. */
  readonly partnerMs: number
  /** Of the user's own video, which needs no network and no server. */
  readonly ownMs: number
}

/** What a page notes of one of its videos. Stored in the page. */
interface Watch {
  latestMs: number
  longestMs: number
}

/**
 * Begins to watch the media of a call in both of its pages. The function that it returns checks that the media has
 * gone on since, and returns the longest times without a frame, in words.
 */
export async function watchMedia(visitors: readonly Visitor[]): Promise<() => Promise<string>> {
  const received = (): Promise<ReceivedMedia[]> =>
    Promise.all(visitors.map((visitor) => visitor.receivedMedia()))
  const before = await received()
  await Promise.all(visitors.map((visitor) => watchFrames(visitor)))
  return async () => {
    await Promise.all(visitors.map((visitor) => visitor.waitForMedia()))
    const after = await received()
    for (const index of visitors.keys()) {
      // The counts of a new peer connection would start at 0.
      expect(after[index]!.framesDecoded).toBeGreaterThan(before[index]!.framesDecoded)
      expect(after[index]!.audioBytes).toBeGreaterThan(before[index]!.audioBytes)
    }
    const gaps = await Promise.all(visitors.map((visitor) => gapsOf(visitor)))
    const describe = (what: keyof Gaps): string =>
      gaps.map((gap) => gap[what].toFixed()).join(' and ')
    // docs/scaling.md promises less than a second. Media goes directly between the browsers, so the end of a server does
    // not touch it. On a busy machine, the users' own videos stand still as well, and the limit is relative to them.
    const limitMs = Math.max(1000, 5 * Math.max(...gaps.map(({ ownMs }) => ownMs)))
    for (const { partnerMs } of gaps) expect(partnerMs).toBeLessThan(limitMs)
    return `${describe('partnerMs')} ms without a frame of the partner, ${describe('ownMs')} ms without one of the user`
  }
}

const watchFrames = ({ page }: Visitor): Promise<void> =>
  page.evaluate(() => {
    const { shadowRoot } = document.querySelector('buddy-chat')!
    const watches = ['remote-video', 'local-video'].map((name) => {
      const video = shadowRoot!.querySelector<HTMLVideoElement>(`[part~="${name}"]`)!
      const watch: Watch = { latestMs: performance.now(), longestMs: 0 }
      const next = (): void => {
        video.requestVideoFrameCallback((nowMs) => {
          watch.longestMs = Math.max(watch.longestMs, nowMs - watch.latestMs)
          watch.latestMs = nowMs
          next()
        })
      }
      next()
      return watch
    })
    Object.assign(window, { watches })
  })

const gapsOf = ({ page }: Visitor): Promise<Gaps> =>
  page.evaluate(() => {
    const { watches } = window as unknown as { watches: Watch[] }
    const [partnerMs, ownMs] = watches.map(({ latestMs, longestMs }) =>
      Math.max(longestMs, performance.now() - latestMs),
    ) as [number, number]
    return { partnerMs, ownMs }
  })
