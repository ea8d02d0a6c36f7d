// npm run soak:guard: the guard with its real model checks two drawn streams for some minutes, and the partner
// changes again and again. Exits with 1 if memory was higher in the second half than in the first, or if the guard
// failed. Prints how long a check took, and how much CPU time the guard needed.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createBuddyServer } from '@buddy-chat/server'
import type { Browser, CDPSession, Page } from 'puppeteer-core'
import { launchChromium } from '../e2e/browsers.ts'
import { numberFlag, runCommand } from '../load/flags.ts'
import { createRandom } from '../load/random.ts'
import { countsOf, meetPartner, openGuardPage, startGuard } from './guard-page.ts'

/** The part of the run that belongs to neither half, because the model is loaded and pools still grow. */
const warmUpShare = 0.2
const sampleCount = 40
const mb = 2 ** 20
/** The number of bytes by which the median of the second half may exceed the median of the first. */
const tolerances = { workerHeapBytes: 2 * mb, pageHeapBytes: 2 * mb, residentBytes: 24 * mb }

/**
 * In a shorter run, only the heaps are compared. For the first minutes, the process of Chromium grows with
 * each picture that is taken of a video, also if no model checks it, and releases this memory later.
 */
const minutesForResident = 30

type Sample = Record<keyof typeof tolerances, number>

function readOptions(): { minutes: number; intervalMs: number; seed: number } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      interval: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  const seed = Math.floor(Math.random() * 2 ** 32)
  const range = { fallback: 40, min: 0.1, max: 10_000, isWhole: false }
  return {
    minutes: numberFlag('minutes', values.minutes, range),
    intervalMs: numberFlag('interval', values.interval, { fallback: 2000, min: 1, max: 60_000 }),
    seed: numberFlag('seed', values.seed, { fallback: seed, min: 0, max: 2 ** 32 - 1 }),
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length * share)] ?? 0
}

const median = (values: readonly number[]): number => quantile(values, 0.5)

function residentBytes(pid: number): number {
  if (process.platform === 'linux') {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
    return Number(kilobytes) * 1024
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
}

/** The bytes of a heap after a garbage collection. */
async function heapBytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  return (await session.send('Runtime.getHeapUsage')).usedSize
}

/** Measures the renderer process of the page, and the worker of the guard in it. */
class Renderer {
  readonly #page: Page
  readonly #browser: CDPSession
  readonly #session: CDPSession
  readonly #pid: number

  private constructor(page: Page, browser: CDPSession, session: CDPSession, pid: number) {
    this.#page = page
    this.#browser = browser
    this.#session = session
    this.#pid = pid
  }

  static async of(page: Page): Promise<Renderer> {
    const browser = await page.browser().target().createCDPSession()
    const session = await page.createCDPSession()
    const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
    // The process of the page has used the most CPU time among the renderers; the others are spare ones.
    const renderers = processInfo.filter(({ type }) => type === 'renderer')
    const { id } = renderers.reduce((one, other) => (other.cpuTime > one.cpuTime ? other : one))
    return new Renderer(page, browser, session, id)
  }

  /** The CPU time that the process has used, in seconds. */
  async cpuSeconds(): Promise<number> {
    const { processInfo } = await this.#browser.send('SystemInfo.getProcessInfo')
    return processInfo.find(({ id }) => id === this.#pid)?.cpuTime ?? 0
  }

  async measure(): Promise<Sample> {
    const [worker] = this.#page.workers()
    if (!worker) throw new Error('the guard has no worker')
    return {
      workerHeapBytes: await heapBytes(worker.client),
      pageHeapBytes: await heapBytes(this.#session),
      residentBytes: this.residentBytes(),
    }
  }

  /** The memory of the process that is in use, in bytes. */
  residentBytes(): number {
    return residentBytes(this.#pid)
  }
}

/** Compares the medians of the halves. Reports a fault for each that grew beyond its tolerance. */
function compareHalves(
  samples: readonly Sample[],
  minutes: number,
  onFault: (text: string) => void,
): void {
  const middle = Math.floor(samples.length / 2)
  for (const name of Object.keys(tolerances) as (keyof Sample)[]) {
    const medianOf = (half: readonly Sample[]): number => median(half.map((sample) => sample[name]))
    const [before, after] = [medianOf(samples.slice(0, middle)), medianOf(samples.slice(middle))]
    const text = (bytes: number): string => `${(bytes / mb).toFixed(1)} MB`
    console.log(`${name}: ${text(before)} → ${text(after)}, may grow by ${text(tolerances[name])}`)
    const isCompared = name !== 'residentBytes' || minutes >= minutesForResident
    if (!isCompared) console.log(`${name} is compared in runs of ${minutesForResident} minutes`)
    else if (after - before > tolerances[name]) onFault(`${name} grew by ${text(after - before)}`)
  }
}

async function soak(browser: Browser, url: string): Promise<boolean> {
  const { minutes, intervalMs, seed } = readOptions()
  const random = createRandom(seed)
  const faults: string[] = []
  console.log(`seed ${seed}: ${minutes} minutes, a picture of each stream every ${intervalMs} ms`)
  const page = await browser.newPage()
  await page.goto(url)
  await openGuardPage(page, `${url}/buddy-guard.js`)
  const renderer = await Renderer.of(page)

  // First without a guard, for comparison.
  const idleMs = Math.min(10_000, minutes * 6000)
  const cpuAtStart = await renderer.cpuSeconds()
  await wait(idleMs)
  const idleShare = ((await renderer.cpuSeconds()) - cpuAtStart) / (idleMs / 1000)
  const idleBytes = renderer.residentBytes()

  await startGuard(page, intervalMs)
  await wait(minutes * 60_000 * warmUpShare)
  const startedAt = performance.now()
  const cpuBefore = await renderer.cpuSeconds()
  const samples: Sample[] = []
  for (let index = 0; index < sampleCount; index += 1) {
    await wait((minutes * 60_000 * (1 - warmUpShare)) / sampleCount)
    if (random.chance(0.5)) await meetPartner(page, random.below(10_000))
    samples.push(await renderer.measure())
  }
  const seconds = (performance.now() - startedAt) / 1000
  const share = ((await renderer.cpuSeconds()) - cpuBefore) / seconds

  const { checks, partners, durationsMs, faults: found } = await countsOf(page)
  console.log(`checks ${checks}, partners ${partners}`)
  const [half, most] = [median(durationsMs), quantile(durationsMs, 0.95)]
  console.log(`one check: ${half} ms (median), ${most} ms (95 %)`)
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
  console.log(
    `CPU time of one core: ${percent(share)} with the guard, ${percent(idleShare)} without`,
  )
  console.log(`memory without the guard: ${(idleBytes / mb).toFixed(1)} MB resident`)
  faults.push(...found)
  if (checks === 0) faults.push('nothing was checked')
  compareHalves(samples, minutes, (text) => faults.push(text))
  for (const fault of faults) console.error(`FAULT: ${fault}`)
  console.log(faults.length === 0 ? 'memory is flat, nothing failed' : 'FAILED')
  return faults.length === 0
}

async function main(): Promise<boolean> {
  // Before the browser starts, so that a wrong flag is an error at once.
  readOptions()
  const server = createBuddyServer({ port: 0, iceServers: [] })
  const { url } = await server.listen()
  const browser = await launchChromium()
  try {
    return await soak(browser, url)
  } finally {
    await browser.close()
    await server.close()
  }
}

await runCommand(main)
process.exit()
