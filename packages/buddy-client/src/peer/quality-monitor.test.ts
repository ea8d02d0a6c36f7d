import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { CallQuality } from './quality-monitor.ts'
import { QualityMonitor } from './quality-monitor.ts'

/** How much comes and goes in a second of the scripted connection. */
interface Flow {
  readonly received: number
  readonly lost: number
  readonly sent: number
  readonly lostThere: number
  readonly isReporting: boolean
  readonly rttMs: number
}

const calm: Flow = {
  received: 100,
  lost: 0,
  sent: 100,
  lostThere: 0,
  isReporting: true,
  rttMs: 40,
}
const nothing: Flow = { ...calm, received: 0, sent: 100, isReporting: false }

/** A connection's statistics, as they grow. */
class Script {
  flow = calm
  looks = 0
  #atMs = clock.now()
  #totals = { received: 0, lost: 0, sent: 0, lostThere: 0, reportedAtMs: 0 }

  getStats = (): Promise<RTCStatsReport> => {
    this.looks++
    const seconds = (clock.now() - this.#atMs) / 1000
    this.#atMs = clock.now()
    const totals = this.#totals
    for (const key of ['received', 'lost', 'sent', 'lostThere'] as const) {
      totals[key] += this.flow[key] * seconds
    }
    if (this.flow.isReporting) totals.reportedAtMs = clock.now()
    const timestamp = clock.now()
    const reports = [
      {
        type: 'inbound-rtp',
        kind: 'video',
        timestamp,
        packetsReceived: totals.received,
        packetsLost: totals.lost,
        bytesReceived: 1000 * totals.received,
        framesDecoded: totals.received / 4,
        jitter: 0.005,
        frameWidth: 640,
        frameHeight: 480,
      },
      {
        type: 'outbound-rtp',
        kind: 'video',
        timestamp,
        packetsSent: totals.sent,
        bytesSent: 500 * totals.sent,
      },
      {
        type: 'remote-inbound-rtp',
        kind: 'video',
        timestamp: totals.reportedAtMs,
        packetsLost: totals.lostThere,
        roundTripTime: this.flow.rttMs / 1000,
      },
    ]
    return Promise.resolve(new Map(reports.map((each) => [each.type, each])))
  }
}

/** What a sender was told last. */
class Sender {
  readonly track = { kind: 'video', getSettings: () => ({ width: 1280, height: 720 }) }
  encoding: RTCRtpEncodingParameters = {}

  getParameters(): unknown {
    return { encodings: [{ ...this.encoding }] }
  }

  setParameters({ encodings }: RTCRtpSendParameters): Promise<void> {
    this.encoding = encodings[0] ?? {}
    return Promise.resolve()
  }
}

let clock: ManualClock
let script: Script
let sender: Sender
let heard: CallQuality[]
let isHidden: boolean
let monitor: QualityMonitor
const last = (seconds: number): Promise<void> => clock.advanceAsync(1000 * seconds)

beforeEach(() => {
  clock = new ManualClock()
  script = new Script()
  sender = new Sender()
  heard = []
  isHidden = false
  monitor = new QualityMonitor({
    getStats: () => script.getStats(),
    senders: () => [sender as unknown as RTCRtpSender],
    limits: { maxBitrateKbps: 2500, isLowData: false },
    isHidden: () => isHidden,
    clock,
    onQuality: (quality) => heard.push(quality),
  })
})
afterEach(() => {
  monitor.stop()
  expect(clock.pending).toBe(0)
})

test('every 2 s it tells how the last 2 s went', async () => {
  monitor.start()
  await last(3.9)
  expect(heard).toEqual([])
  await last(0.1)
  expect(heard).toEqual([
    {
      receiving: 'good',
      sending: 'good',
      stats: {
        rttMs: 40,
        lossPercent: 0,
        jitterMs: 5,
        receivedKbps: 800,
        sentKbps: 400,
        framesPerSecond: 25,
        width: 640,
        height: 480,
      },
    },
  ])
  await last(20)
  expect(heard).toHaveLength(11)
  expect(script.looks).toBe(12)
})

test('each direction has its own judgement', async () => {
  script.flow = { ...calm, lost: 5 }
  monitor.start()
  await last(10)
  expect(heard.at(-1)).toMatchObject({ receiving: 'fair', sending: 'good' })
  script.flow = { ...calm, lostThere: 20 }
  await last(10)
  expect(heard.at(-1)).toMatchObject({ receiving: 'good', sending: 'poor' })
})

test('what the partner loses makes one’s own picture smaller, and later large again', async () => {
  monitor.start()
  await last(4)
  script.flow = { ...calm, lostThere: 20 }
  await last(2)
  expect(sender.encoding).toEqual({
    maxBitrate: 1_000_000,
    maxFramerate: 30,
    scaleResolutionDownBy: 720 / 540,
  })
  await last(60)
  expect(sender.encoding).toMatchObject({ maxBitrate: 120_000, scaleResolutionDownBy: 4 })
  script.flow = calm
  await last(12)
  expect(sender.encoding.maxBitrate).toBe(120_000)
  await last(2)
  expect(sender.encoding.maxBitrate).toBe(250_000)
  await last(60)
  expect(sender.encoding).toMatchObject({ maxBitrate: 2_500_000, scaleResolutionDownBy: 1 })
})

test('nothing is looked at before a path, while nobody looks, or after the end', async () => {
  await last(20)
  expect(script.looks).toBe(0)
  monitor.start()
  isHidden = true
  await last(20)
  expect([script.looks, heard.length]).toEqual([0, 0])
  isHidden = false
  await last(4)
  expect([script.looks, heard.length]).toEqual([2, 1])
  monitor.stop()
  await last(20)
  expect([script.looks, heard.length]).toEqual([2, 1])
})

test('what was asked for before the end is not told after it', async () => {
  monitor.start()
  await last(2)
  const { getStats } = script
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  script.getStats = async () => {
    await answered
    return getStats()
  }
  await last(2)
  monitor.stop()
  monitor.start()
  answer()
  // Nor is it what the next measurement begins with.
  await last(2)
  expect(heard).toEqual([])
})

test('after a sleep the time slept through is not measured', async () => {
  monitor.start()
  await last(4)
  heard = []
  script.flow = { ...calm, lost: 50 }
  clock.sleep(60_000)
  await last(2)
  expect(heard).toEqual([])
  script.flow = calm
  await last(2)
  expect(heard).toMatchObject([{ stats: { lossPercent: 0 } }])
})

test('nothing comes any more, not even reports: that is poor', async () => {
  monitor.start()
  await last(4)
  script.flow = nothing
  await last(4)
  expect(heard.at(-1)).toMatchObject({ receiving: 'poor' })
})

test.each([
  ['a partner who sends nothing but reports', { ...calm, received: 0 }],
  ['two who send nothing', { ...nothing, sent: 0 }],
] as const)('%s: that is good enough', async (_who, flow) => {
  monitor.start()
  await last(4)
  script.flow = flow
  await last(20)
  expect(heard.at(-1)).toMatchObject({ receiving: 'good', sending: 'good' })
})

test('a browser that refuses the limits, or to tell, breaks nothing', async () => {
  sender.setParameters = () => Promise.reject(new DOMException('', 'InvalidStateError'))
  monitor.limitSenders()
  monitor.start()
  await last(4)
  expect(heard).toHaveLength(1)
})

test('little data, also in the middle: at once; never more than the site allows', async () => {
  monitor.limitSenders()
  await last(0)
  expect(sender.encoding.maxBitrate).toBe(2_500_000)
  monitor.setLimits({ maxBitrateKbps: 2500, isLowData: true })
  await last(0)
  expect(sender.encoding).toEqual({
    maxBitrate: 250_000,
    maxFramerate: 15,
    scaleResolutionDownBy: 3,
  })
  monitor.setLimits({ maxBitrateKbps: 200, isLowData: true })
  await last(0)
  expect(sender.encoding.maxBitrate).toBe(200_000)
  monitor.setLimits({ maxBitrateKbps: 2500, isLowData: false })
  await last(0)
  expect(sender.encoding.maxBitrate).toBe(2_500_000)
})
