import type { Visitor } from './visitor.ts'

/** What a page notes of the frames that it shows of the partner. Stored in the page. */
interface Watch {
  latestMs: number
  /** The longest time between two frames. */
  longestMs: number
}

/** Begins to measure the time between two frames that the page shows of the partner. */
export const watchFrames = ({ page }: Visitor): Promise<void> =>
  page.evaluate(() => {
    const { shadowRoot } = document.querySelector('buddy-chat')!
    const video = shadowRoot!.querySelector<HTMLVideoElement>('[part~="remote-video"]')!
    const watch: Watch = { latestMs: performance.now(), longestMs: 0 }
    const next = (): void => {
      video.requestVideoFrameCallback((nowMs) => {
        watch.longestMs = Math.max(watch.longestMs, nowMs - watch.latestMs)
        watch.latestMs = nowMs
        next()
      })
    }
    next()
    Object.assign(window, { watch })
  })

/** Returns the longest time without a new frame since {@link watchFrames}, in milliseconds. */
export const longestGapMs = ({ page }: Visitor): Promise<number> =>
  page.evaluate(() => {
    const { watch } = window as unknown as { watch: Watch }
    return Math.max(watch.longestMs, performance.now() - watch.latestMs)
  })
