import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { Guard, GuardResult, GuardSource, GuardVerdict } from './guard.ts'
import type { GuardChange, GuardSample } from './guard-runner.ts'
import { GuardRunner } from './guard-runner.ts'

/** A stream of one subject. Its pictures are named after it. */
class FakeStream {
  hasPicture = true
  isReleased = false
  taken = 0
  open = 0

  picture(): ImageBitmap | undefined {
    if (!this.hasPicture) return undefined
    this.taken += 1
    this.open += 1
    return { width: 4, height: 3, close: () => void (this.open -= 1) } as ImageBitmap
  }
}

const ok: GuardResult = { verdict: 'ok', label: 'Neutral', score: 1 }
const of = (verdict: GuardVerdict): GuardResult => ({ ...ok, verdict })

class Scene {
  readonly clock = new ManualClock()
  readonly changes: GuardChange[] = []
  readonly failures: unknown[] = []
  readonly samples: GuardSample[] = []
  /** Results of the next checks; then `ok` for ever. */
  readonly results: (GuardResult | Error | 'never')[] = []
  isHidden = false
  isGuardClosed = false
  checkMs = 10
  running = 0
  mostRunning = 0
  readonly guard: Guard = {
    check: () => this.#check(),
    close: () => void (this.isGuardClosed = true),
  }
  readonly runner: GuardRunner

  constructor(source?: GuardSource) {
    this.runner = new GuardRunner(
      {
        guard: source ?? this.guard,
        onVerdict: (change) => void this.changes.push(change),
        onFailure: (error) => void this.failures.push(error),
        onSample: (sample) => void this.samples.push(sample),
      },
      {
        clock: this.clock,
        isHidden: () => this.isHidden,
        picturesOf: (stream) => {
          const fake = stream as unknown as FakeStream
          return {
            take: () => Promise.resolve(fake.picture()),
            close: () => void (fake.isReleased = true),
          }
        },
      },
    )
  }

  watch(subject: 'self' | 'partner', stream = new FakeStream()): FakeStream {
    this.runner.setStream(subject, stream as unknown as MediaStream)
    return stream
  }

  #check(): Promise<GuardResult> {
    const result = this.results.shift() ?? ok
    this.running += 1
    this.mostRunning = Math.max(this.mostRunning, this.running)
    return new Promise((resolve, reject) => {
      if (result === 'never') return
      this.clock.after(this.checkMs, () => {
        this.running -= 1
        if (result instanceof Error) reject(result)
        else resolve(result)
      })
    })
  }
}

test('checks each stream every two seconds, one picture at a time, and closes the pictures', async () => {
  const scene = new Scene()
  const own = scene.watch('self')
  const partner = scene.watch('partner')
  await scene.clock.advanceAsync(20_000)
  expect(own.taken).toBe(10)
  expect(partner.taken).toBe(10)
  expect(scene.mostRunning).toBe(1)
  expect([own.open, partner.open]).toEqual([0, 0])
  expect(scene.changes).toEqual([])
})

test('reports a verdict when two of three pictures agree, and checks the second picture early', async () => {
  const scene = new Scene()
  scene.watch('partner')
  scene.results.push(of('veil'), of('veil'))
  await scene.clock.advanceAsync(100)
  expect(scene.changes).toEqual([])
  await scene.clock.advanceAsync(500)
  expect(scene.changes).toEqual([{ ...of('veil'), subject: 'partner' }])
  expect(scene.runner.verdictOn('partner')).toBe('veil')
  await scene.clock.advanceAsync(5000)
  expect(scene.changes.at(-1)).toEqual({ ...ok, subject: 'partner' })
  expect(scene.changes).toHaveLength(2)
})

test('does not report one bad picture among good ones', async () => {
  const scene = new Scene()
  scene.watch('self')
  scene.results.push(ok, of('leave'), ok, ok, of('leave'), ok)
  await scene.clock.advanceAsync(20_000)
  expect(scene.samples.filter(({ verdict }) => verdict === 'leave')).toHaveLength(2)
  expect(scene.changes).toEqual([])
})

test('a slow device is checked less often, so that checks take a tenth of its time at most', async () => {
  const scene = new Scene()
  scene.checkMs = 1000
  const own = scene.watch('self')
  await scene.clock.advanceAsync(60_000)
  expect(own.taken).toBe(6)
})

test('checks nothing while the page is hidden or no video flows, and continues afterwards', async () => {
  const scene = new Scene()
  const own = scene.watch('self')
  await scene.clock.advanceAsync(3000)
  expect(own.taken).toBe(2)
  scene.isHidden = true
  await scene.clock.advanceAsync(20_000)
  expect(own.taken).toBe(2)
  scene.isHidden = false
  own.hasPicture = false
  await scene.clock.advanceAsync(20_000)
  expect(own.taken).toBe(2)
  own.hasPicture = true
  await scene.clock.advanceAsync(2000)
  expect(own.taken).toBe(3)
})

test('waits only half a second for the first picture of a stream', async () => {
  const scene = new Scene()
  const partner = new FakeStream()
  partner.hasPicture = false
  scene.watch('partner', partner)
  await scene.clock.advanceAsync(900)
  partner.hasPicture = true
  await scene.clock.advanceAsync(200)
  expect(partner.taken).toBe(1)
})

test('another stream starts without a history, and a result about the former one is dropped', async () => {
  const scene = new Scene()
  const former = scene.watch('partner')
  scene.results.push(of('leave'), of('leave'))
  await scene.clock.advanceAsync(515)
  expect(scene.running).toBe(1)
  const next = scene.watch('partner')
  await scene.clock.advanceAsync(10_000)
  expect([former.isReleased, former.open]).toEqual([true, 0])
  expect(next.taken).toBeGreaterThan(2)
  expect(scene.changes).toEqual([])
})

test('setting the same stream again changes nothing, and no stream ends the checks of a subject', async () => {
  const scene = new Scene()
  const own = scene.watch('self')
  await scene.clock.advanceAsync(500)
  scene.watch('self', own)
  await scene.clock.advanceAsync(1000)
  expect(own.taken).toBe(1)
  scene.runner.setStream('self', undefined)
  expect(own.isReleased).toBe(true)
  await scene.clock.advanceAsync(10_000)
  expect([own.taken, scene.clock.pending]).toEqual([1, 0])
})

test('a guard is loaded with the first stream only, and closed by the runner that loaded it', async () => {
  let loads = 0
  const scene: Scene = new Scene(() => {
    loads += 1
    return Promise.resolve(scene.guard)
  })
  await scene.clock.advanceAsync(10_000)
  expect(loads).toBe(0)
  scene.watch('self')
  scene.watch('partner')
  await scene.clock.advanceAsync(10_000)
  expect(loads).toBe(1)
  scene.runner.close()
  await scene.clock.advanceAsync(10_000)
  expect([scene.isGuardClosed, scene.clock.pending]).toEqual([true, 0])
})

test('a guard of the page stays open', async () => {
  const scene = new Scene()
  scene.watch('self')
  await scene.clock.advanceAsync(1000)
  scene.runner.close()
  await scene.clock.advanceAsync(1000)
  expect(scene.isGuardClosed).toBe(false)
})

test('a guard that is loaded after the end is closed, and checks nothing', async () => {
  let resolve!: (guard: Guard) => void
  const loaded = new Promise<Guard>((resolveLoaded) => (resolve = resolveLoaded))
  const scene = new Scene(() => loaded)
  const own = scene.watch('self')
  await scene.clock.advanceAsync(1000)
  scene.runner.close()
  resolve(scene.guard)
  await scene.clock.advanceAsync(1000)
  expect([own.taken, scene.isGuardClosed]).toEqual([0, true])
})

test.each<[string, () => GuardSource]>([
  ['rejects', () => () => Promise.reject(new Error('no model'))],
  [
    'throws',
    () => () => {
      throw new Error('no model')
    },
  ],
])('a load function that %s is one failure, and ends the checks', async (_name, source) => {
  const scene = new Scene(source())
  const own = scene.watch('self')
  scene.watch('partner')
  await scene.clock.advanceAsync(10_000)
  expect(scene.failures).toEqual([new Error('no model')])
  expect([own.taken, own.isReleased, scene.clock.pending]).toEqual([0, true, 0])
})

test('three failures in a row end the checks; fewer do not', async () => {
  const scene = new Scene()
  const own = scene.watch('self')
  const broken = new Error('out of memory')
  scene.results.push(broken, broken, ok, broken, broken, ok)
  await scene.clock.advanceAsync(15_000)
  expect([scene.failures, own.open]).toEqual([[], 0])
  scene.results.push(broken, broken, broken)
  await scene.clock.advanceAsync(15_000)
  expect(scene.failures).toEqual([broken])
  expect([own.open, own.isReleased, scene.clock.pending]).toEqual([0, true, 0])
})

test('a check that never ends counts as a failure after 20 seconds', async () => {
  const scene = new Scene()
  scene.watch('self')
  scene.results.push('never', 'never', 'never')
  await scene.clock.advanceAsync(70_000)
  expect(scene.failures).toEqual([new Error('the guard has not answered for 20 seconds')])
})

test('no callback follows after the end, also if a check was running', async () => {
  const scene = new Scene()
  const own = scene.watch('self')
  scene.results.push(of('veil'), of('veil'))
  await scene.clock.advanceAsync(515)
  const { length } = scene.samples
  expect(scene.running).toBe(1)
  scene.runner.close()
  await scene.clock.advanceAsync(10_000)
  expect([scene.samples.length, scene.changes, own.open]).toEqual([length, [], 0])
})
