/**
 * One sample of the browser's statistics: the totals of a peer connection since its beginning, and some
 * current values.
 */
export interface Totals {
  readonly atMs: number
  readonly bytesReceived: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly framesDecoded: number
  /** The total time for which the partner's video was frozen; 0 if the browser does not report it. */
  readonly frozenMs: number
  readonly bytesSent: number
  readonly packetsSent: number
  /** The number of sent packets that did not reach the partner, according to the partner's RTCP reports. */
  readonly remotePacketsLost: number
  /** The sum of the times of the latest RTCP reports, so that the value changes with each report. */
  readonly reportedAtMs: number
  /** All bytes received on the transport, including RTCP; 0 if the browser does not report them. */
  readonly transportBytesReceived: number
  readonly rttMs: number | undefined
  readonly jitterMs: number
  /** The browser's estimate of the available outgoing bitrate. */
  readonly availableKbps: number | undefined
  readonly width: number
  readonly height: number
}

/** Measurements of a call over the latest 2 s. A value is 0 if the call has no media of that kind. */
export interface CallStats {
  /** The round-trip time; undefined until the browser has measured it. */
  readonly rttMs: number | undefined
  /** The share of the partner's packets that did not arrive. */
  readonly lossPercent: number
  /** The jitter of the partner's packets (RFC 3550 §6.4.1). */
  readonly jitterMs: number
  readonly receivedKbps: number
  readonly sentKbps: number
  /** The frame rate of the partner's video. `width` and `height` are the size of that video in pixels. */
  readonly framesPerSecond: number
  readonly width: number
  readonly height: number
}

/** The measurements between two samples. */
export interface Interval {
  readonly stats: CallStats
  /** The share of sent packets that were lost; undefined if no RTCP report arrived or nothing was sent. */
  readonly sentLossPercent: number | undefined
  /** The share of the time during which the partner's video was frozen. */
  readonly frozenPercent: number
  readonly availableKbps: number | undefined
  /** Whether nothing arrived although media was sent, for which the partner normally sends RTCP reports. */
  readonly isSilent: boolean
}

/** The fields that this file reads from statistics objects of several types (W3C webrtc-stats). */
interface Report {
  readonly type: string
  readonly timestamp: number
  readonly kind?: 'audio' | 'video'
  readonly bytesReceived?: number
  readonly packetsReceived?: number
  readonly packetsLost?: number
  readonly framesDecoded?: number
  readonly totalFreezesDuration?: number
  readonly frameWidth?: number
  readonly frameHeight?: number
  readonly jitter?: number
  readonly bytesSent?: number
  readonly packetsSent?: number
  readonly roundTripTime?: number
  readonly nominated?: boolean
  readonly state?: string
  readonly currentRoundTripTime?: number
  readonly availableOutgoingBitrate?: number
}

const toMs = (seconds: number): number => seconds * 1000

/** Reads the totals from the browser's statistics. Adds up the counters of all streams. */
export function readTotals(report: RTCStatsReport): Totals {
  const all = [...(report.values() as Iterable<Report>)]
  const ofType = (type: string): Report[] => all.filter((each) => each.type === type)
  const inbound = ofType('inbound-rtp')
  const outbound = ofType('outbound-rtp')
  const reported = ofType('remote-inbound-rtp')
  const video = inbound.find(({ kind }) => kind === 'video')
  const pair = ofType('candidate-pair').find((each) => each.nominated && each.state === 'succeeded')
  const sum = (
    reports: readonly Report[],
    field: 'bytesReceived' | 'packetsReceived' | 'packetsLost' | 'bytesSent' | 'packetsSent',
  ): number => reports.reduce((total, each) => total + (each[field] ?? 0), 0)
  // The round-trip time in RTCP reports is preferred, because it is current. That of the candidate pair is
  // from the latest connectivity check, which may be seconds old.
  const trips = reported.flatMap(({ roundTripTime }) => roundTripTime ?? [])
  const rtt = trips.length > 0 ? Math.max(...trips) : pair?.currentRoundTripTime
  const available = pair?.availableOutgoingBitrate
  return {
    atMs: Math.max(0, ...[...inbound, ...outbound].map(({ timestamp }) => timestamp)),
    bytesReceived: sum(inbound, 'bytesReceived'),
    packetsReceived: sum(inbound, 'packetsReceived'),
    packetsLost: sum(inbound, 'packetsLost'),
    framesDecoded: video?.framesDecoded ?? 0,
    frozenMs: toMs(video?.totalFreezesDuration ?? 0),
    bytesSent: sum(outbound, 'bytesSent'),
    packetsSent: sum(outbound, 'packetsSent'),
    remotePacketsLost: sum(reported, 'packetsLost'),
    reportedAtMs: reported.reduce((total, { timestamp }) => total + timestamp, 0),
    transportBytesReceived: sum(ofType('transport'), 'bytesReceived'),
    rttMs: rtt === undefined ? undefined : toMs(rtt),
    jitterMs: toMs(Math.max(0, ...inbound.map(({ jitter }) => jitter ?? 0))),
    availableKbps: available === undefined ? undefined : available / 1000,
    width: video?.frameWidth ?? 0,
    height: video?.frameHeight ?? 0,
  }
}

/**
 * Compares two samples of the same connection. Returns undefined if no time has passed between them, or if
 * totals have decreased because a stream has ended.
 */
export function compareTotals(before: Totals, after: Totals): Interval | undefined {
  const elapsedMs = after.atMs - before.atMs
  const received = after.packetsReceived - before.packetsReceived
  const sent = after.packetsSent - before.packetsSent
  const bytesReceived = after.bytesReceived - before.bytesReceived
  const bytesSent = after.bytesSent - before.bytesSent
  if (elapsedMs <= 0 || received < 0 || sent < 0 || bytesReceived < 0) return undefined
  // Loss counters may decrease when late packets arrive.
  const lost = Math.max(0, after.packetsLost - before.packetsLost)
  const remoteLost = Math.max(0, after.remotePacketsLost - before.remotePacketsLost)
  const isReported = after.reportedAtMs !== before.reportedAtMs
  const frames = after.framesDecoded - before.framesDecoded
  const hasNoBytes =
    bytesReceived === 0 && after.transportBytesReceived === before.transportBytesReceived
  return {
    stats: {
      rttMs: after.rttMs,
      lossPercent: received + lost > 0 ? (100 * lost) / (received + lost) : 0,
      jitterMs: after.jitterMs,
      receivedKbps: (8 * bytesReceived) / elapsedMs,
      sentKbps: (8 * bytesSent) / elapsedMs,
      framesPerSecond: Math.max(0, (1000 * frames) / elapsedMs),
      width: after.width,
      height: after.height,
    },
    sentLossPercent: isReported && sent > 0 ? Math.min(100, (100 * remoteLost) / sent) : undefined,
    frozenPercent: Math.max(0, (100 * (after.frozenMs - before.frozenMs)) / elapsedMs),
    availableKbps: after.availableKbps,
    isSilent: hasNoBytes && !isReported && bytesSent > 0,
  }
}
