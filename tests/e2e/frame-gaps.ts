import { expect } from 'vitest'
import type { Visitor } from './visitor.ts'

/** What a page notes of one of its videos. Stored in the page. */
interface Watch {
  frames: number
  latestMs: number
  /** The longest time between two frames. */
  longestMs: number
}

/** Returns what identifies the streams that a page receives. A new peer connection has other streams. */
const receivedStreams = async (visitor: Visitor): Promise<unknown[]> =>
  (await visitor.stats())
    .filter(({ type }) => type === 'inbound-rtp')
    .map(({ kind, ssrc }) => `${String(kind)} ${String(ssrc)}`)
    .toSorted()

/**
 * Begins to watch the media of a call in both of its pages. The function that it returns checks that the media has
 * gone on since, over the same peer connection, and returns the longest times without a frame, in words.
 */
export async function watchMedia(visitors: readonly Visitor[]): Promise<() => Promise<string>> {
  const before = await Promise.all(visitors.map((visitor) => receivedStreams(visitor)))
  await Promise.all(visitors.map((visitor) => watchFrames(visitor)))
  return async () => {
    const watches = await Promise.all(visitors.map((visitor) => watchesOf(visitor)))
    expect(await Promise.all(visitors.map((visitor) => receivedStreams(visitor)))).toEqual(before)
    await Promise.all(visitors.map((visitor) => visitor.waitForMedia()))
    const [partnerMs, ownMs] = [0, 1].map((index) =>
      watches.map((each) => each[index]!.longestMs),
    ) as [number[], number[]]
    for (const { frames } of watches.flat()) expect(frames).toBeGreaterThan(10)
    const [partners, own] = [partnerMs, ownMs].map((list) =>
      list.map((ms) => ms.toFixed()).join(' and '),
    )
    const report = `${partners} ms without a frame of the partner, ${own} ms without one of the user`
    // docs/scaling.md promises less than a second. Media goes directly between the browsers, so the end of a server does
    // not touch it. On a busy machine, the users' own videos stand still as well, and the limit is relative to them.
    const busyMs = Math.max(...ownMs)
    if (busyMs > 1000) console.log(`Skipped: the longest time without a frame. Too busy: ${report}`)
    else expect(Math.max(...partnerMs), report).toBeLessThan(Math.max(1000, 5 * busyMs))
    return report
  }
}

const watchFrames = ({ page }: Visitor): Promise<void> =>
  page.evaluate(() => {
    const { shadowRoot } = document.querySelector('buddy-chat')!
    const watches = ['remote-video', 'local-video'].map((name) => {
      const video = shadowRoot!.querySelector<HTMLVideoElement>(`[part~="${name}"]`)!
      const watch: Watch = { frames: 0, latestMs: performance.now(), longestMs: 0 }
      const next = (): void => {
        video.requestVideoFrameCallback((nowMs) => {
          watch.longestMs = Math.max(watch.longestMs, nowMs - watch.latestMs)
          watch.latestMs = nowMs
          watch.frames++
          next()
        })
      }
      next()
      return watch
    })
    Object.assign(window, { watches })
  })

/** Returns the watches of the partner's and of the user's own video. The present gap counts too. */
const watchesOf = ({ page }: Visitor): Promise<Watch[]> =>
  page.evaluate(() => {
    const { watches } = window as unknown as { watches: Watch[] }
    return watches.map((watch) => ({
      ...watch,
      longestMs: Math.max(watch.longestMs, performance.now() - watch.latestMs),
    }))
  })
