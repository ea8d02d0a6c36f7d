// How a call goes, as a person at the element sees it, and what a page hears of it.
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
  untilSaid,
  words,
} from './stage.ts'

const { getStats } = RTCPeerConnection.prototype

teardown(async () => {
  RTCPeerConnection.prototype.getStats = getStats
  await clear()
})

/** From now on the browser tells that so many of a hundred packets do not arrive, here or there. */
function pretendLoss(where: 'inbound-rtp' | 'remote-inbound-rtp', percent: number): void {
  const lost = { 'inbound-rtp': 0, 'remote-inbound-rtp': 0 }
  const step = 10 * percent
  RTCPeerConnection.prototype.getStats = async function pretend(this: RTCPeerConnection) {
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

/** The video a side sends, as its browser tells. */
async function sentVideo(chat: BuddyChat): Promise<{ height: number; targetKbps: number }> {
  for (const report of (await chat.client.getStats())?.values() ?? []) {
    if (report.type !== 'outbound-rtp' || report.kind !== 'video') continue
    return { height: report.frameHeight ?? 0, targetKbps: (report.targetBitrate ?? 0) / 1000 }
  }
  return { height: 0, targetKbps: 0 }
}

/** Resolves once the picture that is sent is as it should be. */
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

test('a call that goes well: a calm mark with a name, and figures for the page', async () => {
  const [ana, bob] = await meet()
  const heard: CallQuality[] = []
  ana.addEventListener('buddy-quality', ({ detail }) => heard.push(detail))
  expect(part(ana, 'quality')?.ariaLabel).to.equal('Good connection')
  const { receiving, sending, stats } = await until('a measurement', () => heard[0])
  expect([receiving, sending]).to.deep.equal(['good', 'good'])
  expect(stats.receivedKbps).to.be.greaterThan(10)
  expect(stats.sentKbps).to.be.greaterThan(10)
  expect(stats.framesPerSecond).to.be.greaterThan(1)
  expect(stats.lossPercent).to.equal(0)
  expect(stats.rttMs).to.be.within(0, 1000)
  expect(stats.width * stats.height).to.be.greaterThan(0)
  await expectAccessible(ana)
  bob.stop()
  await until('the mark to go', () => !isShown(ana, 'quality'))
})

test('poor: said by the mark and in words, and nothing has moved; good again: nothing is left', async () => {
  const [ana] = await meet()
  const place = (): unknown[] => {
    const { left, width, height } = part(ana, 'partner-label')!.getBoundingClientRect()
    return [left, width, height]
  }
  const before = place()
  pretendLoss('inbound-rtp', 50)
  await untilSaid(ana, 'Poor connection: picture and sound may falter.')
  const announced = ana.renderRoot.querySelector('.unseen[role="status"]')?.textContent
  expect(announced).to.equal('Poor connection: picture and sound may falter.')
  expect(part(ana, 'quality')?.ariaLabel).to.equal('Poor connection')
  expect(place()).to.deep.equal(before)
  await expectAccessible(ana)
  await expectToFit(ana)
  RTCPeerConnection.prototype.getStats = getStats
  await until('the words to go', () => !words(ana).includes('Poor connection'))
  expect(place()).to.deep.equal(before)
})

test('the partner is reached badly: said whom it concerns, and one’s picture gets smaller', async () => {
  const [ana] = await meet()
  await untilSent(ana, 'a picture', ({ height }) => height > 0)
  const { height } = await sentVideo(ana)
  pretendLoss('remote-inbound-rtp', 50)
  await untilSaid(ana, 'Poor connection: Bob may hardly see and hear you.')
  await untilSent(ana, 'a smaller one', (sent) => sent.height > 0 && sent.height < height)
})

test('the path is lost, and found again: said, and the page hears of each step', async () => {
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
    // Both ends; the others are prepared for the next call.
    const ends = connections.filter(({ connectionState }) => connectionState === 'connected')
    const pretend = (state: RTCPeerConnectionState): void => {
      for (const end of ends) {
        Object.defineProperty(end, 'connectionState', { value: state, configurable: true })
        end.dispatchEvent(new Event('connectionstatechange'))
      }
    }
    pretend('failed')
    await untilSaid(ana, 'Connection interrupted. Looking for another way…')
    await expectAccessible(ana)
    pretend('connected')
    await until('the words to go', () => !words(ana).includes('Connection interrupted'))
    expect(steps).to.deep.equal(['restarting', 'none'])
  } finally {
    window.RTCPeerConnection = Original
  }
})

test('lowdata in the middle of a call: a small picture and a low bitrate at once, and back', async () => {
  const [ana, bob] = await meet()
  const remote = part<HTMLVideoElement>(bob, 'remote-video')!
  // How large a picture a busy machine sends is its own affair; how much it may send is ours.
  await untilSent(ana, 'a usual bitrate', ({ targetKbps }) => targetKbps > 250)
  ana.lowdata = true
  await untilSent(ana, 'a low bitrate', ({ targetKbps }) => targetKbps > 0 && targetKbps <= 250)
  await until('a small picture', () => remote.videoHeight > 0 && remote.videoHeight <= 240)
  ana.lowdata = false
  await untilSent(ana, 'the usual one again', ({ targetKbps }) => targetKbps > 250)
})

test('lowdata from the beginning: no large picture is ever sent', async () => {
  const [ana, bob] = await meet({}, { lowdata: '' })
  const remote = part<HTMLVideoElement>(ana, 'remote-video')!
  const heights = new Set<number>()
  await until('a picture', () => remote.videoHeight)
  const end = (await until('frames', () => remote.getVideoPlaybackQuality())).totalVideoFrames + 20
  await until('more frames', () => {
    heights.add(remote.videoHeight)
    return remote.getVideoPlaybackQuality().totalVideoFrames > end
  })
  expect(Math.max(...heights)).to.be.at.most(240)
  expect(bob.clientOptions().lowData).to.equal(true)
})

test('codecs: the one that is preferred is used', async () => {
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
