// The quality of a call: what the visitor sees, and which events the page receives.
import type { CallQuality } from '@buddy-chat/client'
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  isShown,
  meet,
  part,
  until,
  untilShown,
  visibleText,
} from './stage.ts'

const { getStats } = RTCPeerConnection.prototype

teardown(async () => {
  RTCPeerConnection.prototype.getStats = getStats
  await clear()
})

/**
 * Makes the browser's statistics show this packet loss from now on, for received packets
 * (`inbound-rtp`) or for sent packets (`remote-inbound-rtp`).
 */
function simulateLoss(where: 'inbound-rtp' | 'remote-inbound-rtp', percent: number): void {
  const lost = { 'inbound-rtp': 0, 'remote-inbound-rtp': 0 }
  const step = 10 * percent
  RTCPeerConnection.prototype.getStats = async function simulated(this: RTCPeerConnection) {
    const report = await getStats.call(this)
    lost[where] += step
    return new Map(
      [...report].map(([id, each]) => [
        id,
        each.type === where ? { ...each, packetsLost: lost[where] } : each,
      ]),
    )
  } as typeof getStats
}

/** Returns the height and the target bitrate of the sent video, from the browser's statistics. */
async function sentVideo(chat: BuddyChat): Promise<{ height: number; targetKbps: number }> {
  for (const report of (await chat.client.getStats())?.values() ?? []) {
    if (report.type !== 'outbound-rtp' || report.kind !== 'video') continue
    return { height: report.frameHeight ?? 0, targetKbps: (report.targetBitrate ?? 0) / 1000 }
  }
  return { height: 0, targetKbps: 0 }
}

/** Resolves when `holds` returns true for the sent video. */
async function untilSent(
  chat: BuddyChat,
  what: string,
  holds: (sent: { height: number; targetKbps: number }) => boolean,
): Promise<void> {
  let sent = await sentVideo(chat)
  let isAsking = false
  await until(what, () => {
    if (holds(sent)) return true
    if (!isAsking) {
      isAsking = true
      void sentVideo(chat).then((now) => {
        sent = now
        isAsking = false
      })
    }
    return false
  })
}

test('a good call shows its quality icon and emits `buddy-quality` with measurements', async () => {
  const [ana, bob] = await meet()
  const events: CallQuality[] = []
  ana.addEventListener('buddy-quality', ({ detail }) => events.push(detail))
  expect(part(ana, 'quality')?.ariaLabel).to.equal('Good connection')
  const { receiving, sending, stats } = await until('a measurement', () => events[0])
  expect([receiving, sending]).to.deep.equal(['good', 'good'])
  expect(stats.receivedKbps).to.be.greaterThan(10)
  expect(stats.sentKbps).to.be.greaterThan(10)
  expect(stats.framesPerSecond).to.be.greaterThan(1)
  expect(stats.lossPercent).to.equal(0)
  expect(stats.rttMs).to.be.within(0, 1000)
  expect(stats.width * stats.height).to.be.greaterThan(0)
  await expectAccessible(ana)
  bob.stop()
  await until('the icon to disappear', () => !isShown(ana, 'quality'))
})

test('a poor connection is shown by icon and text until it is good again; the label beside the icon does not move', async () => {
  const [ana] = await meet()
  const place = (): unknown[] => {
    const { left, width, height } = part(ana, 'partner-label')!.getBoundingClientRect()
    return [left, width, height]
  }
  const before = place()
  simulateLoss('inbound-rtp', 50)
  await untilShown(ana, 'Poor connection: picture and sound may falter.')
  const announced = ana.renderRoot.querySelector('.unseen[role="status"]')?.textContent
  expect(announced).to.equal('Poor connection: picture and sound may falter.')
  expect(part(ana, 'quality')?.ariaLabel).to.equal('Poor connection')
  expect(place()).to.deep.equal(before)
  await expectAccessible(ana)
  await expectToFit(ana)
  RTCPeerConnection.prototype.getStats = getStats
  await until('the text to disappear', () => !visibleText(ana).includes('Poor connection'))
  expect(place()).to.deep.equal(before)
})

test('packet loss at the partner is shown to the visitor, and the visitor’s sent video gets smaller', async () => {
  const [ana] = await meet()
  await untilSent(ana, 'video', ({ height }) => height > 0)
  const { height } = await sentVideo(ana)
  simulateLoss('remote-inbound-rtp', 50)
  await untilShown(ana, 'Poor connection: Bob may hardly see and hear you.')
  await untilSent(ana, 'smaller video', (sent) => sent.height > 0 && sent.height < height)
})

test('a lost network path is shown until it is restored, and each step emits `buddy-interruption`', async () => {
  const { RTCPeerConnection: Original } = window
  const connections: RTCPeerConnection[] = []
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
  try {
    const [ana] = await meet()
    const steps: string[] = []
    ana.addEventListener('buddy-interruption', ({ detail }) => steps.push(detail.step))
    // The two peer connections of the call. The others are prepared for the next call.
    const ends = connections.filter(({ connectionState }) => connectionState === 'connected')
    const simulate = (state: RTCPeerConnectionState): void => {
      for (const end of ends) {
        Object.defineProperty(end, 'connectionState', { value: state, configurable: true })
        end.dispatchEvent(new Event('connectionstatechange'))
      }
    }
    simulate('failed')
    await untilShown(ana, 'Connection interrupted. Looking for another way…')
    await expectAccessible(ana)
    simulate('connected')
    await until('the text to disappear', () => !visibleText(ana).includes('Connection interrupted'))
    expect(steps).to.deep.equal(['restarting', 'none'])
  } finally {
    window.RTCPeerConnection = Original
  }
})

test('setting `lowdata` during a call reduces sent video at once, and removing it restores the bitrate', async () => {
  const [ana, bob] = await meet()
  const remote = part<HTMLVideoElement>(bob, 'remote-video')!
  // Checks the target bitrate first, because a busy machine may send smaller video anyway.
  await untilSent(ana, 'a usual bitrate', ({ targetKbps }) => targetKbps > 250)
  ana.lowdata = true
  await untilSent(ana, 'a low bitrate', ({ targetKbps }) => targetKbps > 0 && targetKbps <= 250)
  await until('small video', () => remote.videoHeight > 0 && remote.videoHeight <= 240)
  ana.lowdata = false
  await untilSent(ana, 'the usual bitrate again', ({ targetKbps }) => targetKbps > 250)
})

test('if `lowdata` is set before the call, sent video is small from the first frame', async () => {
  const [ana, bob] = await meet({}, { lowdata: '' })
  const remote = part<HTMLVideoElement>(ana, 'remote-video')!
  const heights = new Set<number>()
  await until('a video frame', () => remote.videoHeight)
  const end = (await until('frames', () => remote.getVideoPlaybackQuality())).totalVideoFrames + 20
  await until('more frames', () => {
    heights.add(remote.videoHeight)
    return remote.getVideoPlaybackQuality().totalVideoFrames > end
  })
  expect(Math.max(...heights)).to.be.at.most(240)
  expect(bob.clientOptions().lowData).to.equal(true)
})

test('the client’s option `codecs` makes the call use the preferred codec', async () => {
  const pair = await meet()
  const { lobby } = pair[0]
  for (const chat of pair) chat.stop()
  await Promise.all(
    pair.map((chat) => chat.client.start({ ...chat.clientOptions(), lobby, codecs: ['vp9'] })),
  )
  let used: string | undefined
  let isAsking = false
  await until('VP9', () => {
    if (used === 'video/VP9') return true
    if (isAsking) return false
    isAsking = true
    void pair[0].client.getStats().then((report) => {
      isAsking = false
      const all = [...(report?.values() ?? [])]
      const sent = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
      used = report?.get(sent?.codecId)?.mimeType
    })
    return false
  })
})
