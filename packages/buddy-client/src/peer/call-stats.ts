/** What has come and gone by a connection until now, of one look at the browser's statistics. */
export interface Totals {
  readonly atMs: number
  readonly bytesReceived: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly framesDecoded: number
  /** How long the partner's picture has stood still, where the browser tells. */
  readonly frozenMs: number
  readonly bytesSent: number
  readonly packetsSent: number
  /** Own packets that did not reach the partner, by its reports. */
  readonly packetsLostThere: number
  /** Changes with each of the partner's reports. */
  readonly reportedAtMs: number
  /** Everything that came by the transport, reports included; 0 where the browser does not tell. */
  readonly transportBytesReceived: number
  readonly rttMs: number | undefined
  readonly jitterMs: number
  /** What the browser believes it could send. */
  readonly availableKbps: number | undefined
  readonly width: number
  readonly height: number
}

/** How a call goes, measured over the last seconds. Zero where there is nothing of the kind. */
export interface CallStats {
  /** There and back; undefined until the browser knows. */
  readonly rttMs: number | undefined
  /** Of what the partner sent, how many of a hundred packets did not arrive. */
  readonly lossPercent: number
  /** How unevenly the partner's packets arrive (RFC 3550 §6.4.1). */
  readonly jitterMs: number
  readonly receivedKbps: number
  readonly sentKbps: number
  /** Of the partner's video, with the size of its picture. */
  readonly framesPerSecond: number
  readonly width: number
  readonly height: number
}

/** What happened between two looks. */
export interface Interval {
  readonly stats: CallStats
  /** Of what one sent oneself; undefined where the partner has not reported, or nothing was sent. */
  readonly sentLossPercent: number | undefined
  /** Of a hundred parts of the time, in how many the partner's picture stood still. */
  readonly frozenPercent: number
  readonly availableKbps: number | undefined
  /** Nothing came at all, not even a report, although one sent something that would be reported on. */
  readonly isSilent: boolean
}

/** The few fields that are read, of reports of several kinds (W3C webrtc-stats). */
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

/** Adds up what the browser tells of each stream. */
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
  // By the reports it is of this moment; the pair's own is of the latest check, seconds ago.
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
    packetsLostThere: sum(reported, 'packetsLost'),
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
 * What happened between two looks at the same connection; undefined where no time has passed, or
 * where counts went back because a stream has ended.
 */
export function compareTotals(before: Totals, after: Totals): Interval | undefined {
  const elapsedMs = after.atMs - before.atMs
  const received = after.packetsReceived - before.packetsReceived
  const sent = after.packetsSent - before.packetsSent
  const bytesReceived = after.bytesReceived - before.bytesReceived
  const bytesSent = after.bytesSent - before.bytesSent
  if (elapsedMs <= 0 || received < 0 || sent < 0 || bytesReceived < 0) return undefined
  // Both may fall: what was only late has arrived.
  const lost = Math.max(0, after.packetsLost - before.packetsLost)
  const lostThere = Math.max(0, after.packetsLostThere - before.packetsLostThere)
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
    sentLossPercent: isReported && sent > 0 ? Math.min(100, (100 * lostThere) / sent) : undefined,
    frozenPercent: Math.max(0, (100 * (after.frozenMs - before.frozenMs)) / elapsedMs),
    availableKbps: after.availableKbps,
    isSilent: hasNoBytes && !isReported && bytesSent > 0,
  }
}
