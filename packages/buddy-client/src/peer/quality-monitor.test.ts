import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { CallQuality } from './quality-monitor.ts'
import { QualityMonitor } from './quality-monitor.ts'

/** The packets per second of the fake connection, and what the partner's RTCP reports contain. */
interface Flow {
  readonly received: number
  readonly lost: number
  readonly sent: number
  readonly remoteLost: number
  readonly isReporting: boolean
  readonly rttMs: number
}

const perfect: Flow = {
  received: 100,
  lost: 0,
  sent: 100,
  remoteLost: 0,
  isReporting: true,
  rttMs: 40,
}
const nothing: Flow = { ...perfect, received: 0, sent: 100, isReporting: false }

/** The statistics of a fake connection, which grow with the clock. */
class FakeStats {
  flow = perfect
  samples = 0
  #atMs = clock.now()
  #totals = { received: 0, lost: 0, sent: 0, remoteLost: 0, reportedAtMs: 0 }

  getStats = (): Promise<RTCStatsReport> => {
    this.samples++
    const seconds = (clock.now() - this.#atMs) / 1000
    this.#atMs = clock.now()
    const totals = this.#totals
    for (const key of ['received', 'lost', 'sent', 'remoteLost'] as const) {
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
        packetsLost: totals.remoteLost,
        roundTripTime: this.flow.rttMs / 1000,
      },
    ]
    return Promise.resolve(new Map(reports.map((each) => [each.type, each])))
  }
}

/** A fake RTCRtpSender that keeps the latest parameters. */
class FakeSender {
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
let connection: FakeStats
let sender: FakeSender
let reported: CallQuality[]
let isHidden: boolean
let monitor: QualityMonitor
const advance = (seconds: number): Promise<void> => clock.advanceAsync(1000 * seconds)

beforeEach(() => {
  clock = new ManualClock()
  connection = new FakeStats()
  sender = new FakeSender()
  reported = []
  isHidden = false
  monitor = new QualityMonitor({
    getStats: () => connection.getStats(),
    senders: () => [sender as unknown as RTCRtpSender],
    limits: { maxBitrateKbps: 2500, isLowData: false },
    isHidden: () => isHidden,
    clock,
    onQuality: (quality) => reported.push(quality),
  })
})
afterEach(() => {
  monitor.stop()
  expect(clock.pending).toBe(0)
})

test('reports the quality of the last 2 s every 2 s', async () => {
  monitor.start()
  await advance(3.9)
  expect(reported).toEqual([])
  await advance(0.1)
  expect(reported).toEqual([
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
  await advance(20)
  expect(reported).toHaveLength(11)
  expect(connection.samples).toBe(12)
})

test('judges each direction by its own loss', async () => {
  connection.flow = { ...perfect, lost: 5 }
  monitor.start()
  await advance(10)
  expect(reported.at(-1)).toMatchObject({ receiving: 'fair', sending: 'good' })
  connection.flow = { ...perfect, remoteLost: 20 }
  await advance(10)
  expect(reported.at(-1)).toMatchObject({ receiving: 'good', sending: 'poor' })
})

test('lowers the limits for sent video if the partner reports loss, and raises them when it ends', async () => {
  monitor.start()
  await advance(4)
  connection.flow = { ...perfect, remoteLost: 20 }
  await advance(2)
  expect(sender.encoding).toEqual({
    maxBitrate: 1_000_000,
    maxFramerate: 30,
    scaleResolutionDownBy: 720 / 540,
  })
  await advance(60)
  expect(sender.encoding).toMatchObject({ maxBitrate: 120_000, scaleResolutionDownBy: 4 })
  connection.flow = perfect
  await advance(12)
  expect(sender.encoding.maxBitrate).toBe(120_000)
  await advance(2)
  expect(sender.encoding.maxBitrate).toBe(250_000)
  await advance(60)
  expect(sender.encoding).toMatchObject({ maxBitrate: 2_500_000, scaleResolutionDownBy: 1 })
})

test('takes no sample before `start`, while the page is hidden, or after `stop`', async () => {
  await advance(20)
  expect(connection.samples).toBe(0)
  monitor.start()
  isHidden = true
  await advance(20)
  expect([connection.samples, reported.length]).toEqual([0, 0])
  isHidden = false
  await advance(4)
  expect([connection.samples, reported.length]).toEqual([2, 1])
  monitor.stop()
  await advance(20)
  expect([connection.samples, reported.length]).toEqual([2, 1])
})

test('drops statistics that were requested before `stop` and arrive afterwards', async () => {
  monitor.start()
  await advance(2)
  const { getStats } = connection
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  connection.getStats = async () => {
    await answered
    return getStats()
  }
  await advance(2)
  monitor.stop()
  monitor.start()
  answer()
  // The dropped sample is not the start of the next measurement either.
  await advance(2)
  expect(reported).toEqual([])
})

test('does not measure the time during which the machine was suspended', async () => {
  monitor.start()
  await advance(4)
  reported = []
  connection.flow = { ...perfect, lost: 50 }
  clock.sleep(60_000)
  await advance(2)
  expect(reported).toEqual([])
  connection.flow = perfect
  await advance(2)
  expect(reported).toMatchObject([{ stats: { lossPercent: 0 } }])
})

test('reports `poor` if no packets and no RTCP reports arrive', async () => {
  monitor.start()
  await advance(4)
  connection.flow = nothing
  await advance(4)
  expect(reported.at(-1)).toMatchObject({ receiving: 'poor' })
})

test.each([
  ['the partner sends RTCP reports only', { ...perfect, received: 0 }],
  ['neither side sends anything', { ...nothing, sent: 0 }],
] as const)('reports `good` if %s', async (_name, flow) => {
  monitor.start()
  await advance(4)
  connection.flow = flow
  await advance(20)
  expect(reported.at(-1)).toMatchObject({ receiving: 'good', sending: 'good' })
})

test('continues to report if the browser rejects the limits', async () => {
  sender.setParameters = () => Promise.reject(new DOMException('', 'InvalidStateError'))
  monitor.limitSenders()
  monitor.start()
  await advance(4)
  expect(reported).toHaveLength(1)
})

test('applies changed limits at once, and never exceeds `maxBitrateKbps`', async () => {
  monitor.limitSenders()
  await advance(0)
  expect(sender.encoding.maxBitrate).toBe(2_500_000)
  monitor.setLimits({ maxBitrateKbps: 2500, isLowData: true })
  await advance(0)
  expect(sender.encoding).toEqual({
    maxBitrate: 250_000,
    maxFramerate: 15,
    scaleResolutionDownBy: 3,
  })
  monitor.setLimits({ maxBitrateKbps: 200, isLowData: true })
  await advance(0)
  expect(sender.encoding.maxBitrate).toBe(200_000)
  monitor.setLimits({ maxBitrateKbps: 2500, isLowData: false })
  await advance(0)
  expect(sender.encoding.maxBitrate).toBe(2_500_000)
})
