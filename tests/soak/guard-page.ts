// The page of the soak test of the guard: two drawn streams, and a runner with the real model that checks them.
import type * as GuardModule from '@buddy-chat/guard'
import type { Page } from 'puppeteer-core'

/** The counts of the page so far. */
export interface GuardCounts {
  readonly checks: number
  readonly partners: number
  readonly durationsMs: readonly number[]
  /** Verdicts that are not `ok`, and failures. */
  readonly faults: readonly string[]
}

interface SoakWindow extends Window {
  guardModule: typeof GuardModule
  counts: { checks: number; partners: number; durationsMs: number[]; faults: string[] }
  startGuard: (intervalMs: number) => void
  /** Replaces the partner's stream by another one, whose picture is drawn after `seed`. */
  meet: (seed: number) => void
}

/** Draws both streams, without a guard. `script` is the URL of `buddy-guard.js`. */
export async function openGuardPage(page: Page, script: string): Promise<void> {
  await page.evaluate(async (url) => {
    const soak = window as unknown as SoakWindow
    soak.guardModule = (await import(url)) as typeof GuardModule
    soak.counts = { checks: 0, partners: 0, durationsMs: [], faults: [] }
    const streams: Partial<Record<'self' | 'partner', MediaStream>> = {}
    let runner: GuardModule.GuardRunner | undefined
    const timers: Partial<Record<string, number>> = {}

    /** Moving shapes at 10 pictures per second, as a call of 640 × 480 has them. */
    const draw = (subject: 'self' | 'partner', seed: number): void => {
      clearInterval(timers[subject])
      for (const track of streams[subject]?.getTracks() ?? []) track.stop()
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: 640, height: 480 })
      const context = canvas.getContext('2d')!
      let count = 0
      timers[subject] = window.setInterval(() => {
        count += 1
        context.fillStyle = `hsl(${seed % 360} 40% 60%)`
        context.fillRect(0, 0, 640, 480)
        context.fillStyle = `hsl(${(seed * 7) % 360} 60% 35%)`
        context.fillRect((count * 5 + seed) % 640, 100, 160, 280)
      }, 100)
      streams[subject] = canvas.captureStream(10)
      runner?.setStream(subject, streams[subject])
    }
    draw('self', 200)
    draw('partner', 90)

    soak.meet = (seed) => {
      soak.counts.partners += 1
      draw('partner', seed)
    }
    soak.startGuard = (intervalMs) => {
      const { counts } = soak
      runner = new soak.guardModule.GuardRunner({
        guard: soak.guardModule.createNsfwGuard,
        intervalMs,
        onVerdict: ({ subject, verdict }) => counts.faults.push(`${subject} is ${verdict}`),
        onFailure: (error) => counts.faults.push(String(error)),
        onSample: ({ durationMs }) => {
          counts.checks += 1
          counts.durationsMs.push(Math.round(durationMs))
        },
      })
      runner.setStream('self', streams.self)
      runner.setStream('partner', streams.partner)
    }
  }, script)
}

export const startGuard = (page: Page, intervalMs: number): Promise<void> =>
  page.evaluate((wantedMs) => (window as unknown as SoakWindow).startGuard(wantedMs), intervalMs)

export const meetPartner = (page: Page, seed: number): Promise<void> =>
  page.evaluate((number) => (window as unknown as SoakWindow).meet(number), seed)

export const countsOf = (page: Page): Promise<GuardCounts> =>
  page.evaluate(() => (window as unknown as SoakWindow).counts)
