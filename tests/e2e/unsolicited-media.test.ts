// A partner offers media that the room's mode does not include: more tracks, video in an audio
// room, or data channels.
import { expect } from 'vitest'
import { isFullBrowserRun } from '../full-browser-run.ts'
import { test } from './fixtures.ts'
import type { RecordedPage } from './peer-connections.ts'
import { recordConnections } from './peer-connections.ts'
import type { Visitor } from './visitor.ts'

/**
 * From the next start, every offer of this page contains four more transceivers and a data channel.
 * The page sends video on one of the transceivers.
 */
async function offerMore(visitor: Visitor): Promise<void> {
  await recordConnections(visitor)
  await visitor.page.evaluate(() => {
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    setInterval(() => context?.fillRect(Math.random() * 100, 0, 9, 9), 100)
    window.RTCPeerConnection = class extends RTCPeerConnection {
      override async setLocalDescription(): Promise<void> {
        const isFirst = this.signalingState === 'stable' && !this.currentLocalDescription
        if (isFirst) {
          const stream = canvas.captureStream(10)
          for (const kind of ['audio', 'video', 'video']) this.addTransceiver(kind)
          for (const track of stream.getTracks()) this.addTransceiver(track, { streams: [stream] })
          this.createDataChannel('unasked')
        }
        await super.setLocalDescription()
      }
    }
  })
}

/**
 * Returns each media section of the answer that this page has received, as `audio open` or `video
 * refused`.
 */
function answeredMedia({ page }: Visitor): Promise<string[]> {
  return page.evaluate(() => {
    const { connections } = window as unknown as RecordedPage
    const used = connections.find((connection) => connection.connectionState === 'connected')
    const media = used?.currentRemoteDescription?.sdp.match(/^m=\w+ \d+/gm) ?? []
    return [...media].map((line) =>
      line.slice(2).replace(/ 0$/, ' refused').replace(/ \d+$/, ' open'),
    )
  })
}

/** Returns the kinds of tracks in the element's `remoteStream`. */
function remoteTracks({ page }: Visitor): Promise<string[]> {
  return page.$eval('buddy-chat', (element) => {
    const { remoteStream } = element as unknown as { remoteStream?: MediaStream }
    return (remoteStream?.getTracks() ?? []).map(({ kind }) => kind).sort()
  })
}

/** Returns the kinds of media that this page receives, according to the browser's statistics. */
async function receivedKinds(visitor: Visitor): Promise<string[]> {
  return (await visitor.stats()).flatMap(({ type, kind }) =>
    type === 'inbound-rtp' || type === 'data-channel' ? [String(kind ?? type)] : [],
  )
}

for (const browser of isFullBrowserRun
  ? (['Chromium', 'Firefox'] as const)
  : (['Firefox'] as const)) {
  test(`${browser} in an audio room refuses video, a second audio track and data channels, and keeps the call`, async ({
    startServer,
    visit,
    visitWithFirefox,
  }) => {
    const { url } = await startServer()
    const ana = await (browser === 'Firefox' ? visitWithFirefox : visit)(`${url}/?mode=audio`)
    const bob = await visit(`${url}/?mode=audio`)
    await offerMore(bob)
    await ana.press('start-button')
    await ana.waitForState('waiting')
    await bob.press('start-button')
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await Promise.all([ana.waitForAudio(), bob.waitForAudio()])
    const [first, ...others] = await answeredMedia(bob)
    expect(first).toBe('audio open')
    expect(others).toHaveLength(5)
    for (const other of others) expect(other).toMatch(/ refused$/)
    expect(await remoteTracks(ana)).toEqual(['audio'])
    expect(await receivedKinds(ana)).toEqual(['audio'])
  })
}

test('in a video room, all but one video and one audio track are refused, and the call continues', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(url), visit(url)])
  await offerMore(bob)
  await ana.press('start-button')
  await ana.waitForState('waiting')
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  expect((await answeredMedia(bob)).filter((each) => each.endsWith(' open')).sort()).toEqual([
    'audio open',
    'video open',
  ])
  expect(await remoteTracks(ana)).toEqual(['audio', 'video'])
})

test('Firefox sends one video encoding to a partner that requests three, and ignores a candidate that only Firefox would parse', async ({
  startServer,
  visit,
  visitWithFirefox,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visitWithFirefox(url), visit(url)])
  await recordConnections(ana)
  await bob.page.evaluate(() => {
    const more = ['a', 'b', 'c'].map((name) => `a=rid:${name} recv\r\n`)
    more.push('a=simulcast:recv a;b;c\r\n')
    more.push('a=Candidate:1 1 udp 1 tracker.example 5000 typ host\r\n')
    window.RTCPeerConnection = class extends RTCPeerConnection {
      override get localDescription(): RTCSessionDescription | null {
        const description = super.localDescription
        if (description?.type !== 'offer') return description
        const { type, sdp } = description
        return new RTCSessionDescription({ type, sdp: sdp + more.join('') })
      }
    }
  })
  await ana.press('start-button')
  await ana.waitForState('waiting')
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  const seen = await ana.page.evaluate(() => {
    const { connections } = window as unknown as RecordedPage
    const used = connections.find((connection) => connection.connectionState === 'connected')
    return {
      encodings: used?.getSenders().map((sender) => sender.getParameters().encodings.length),
      hasTracker: used?.currentRemoteDescription?.sdp.includes('tracker.example'),
    }
  })
  expect(seen).toEqual({ encodings: [1, 1], hasTracker: false })
})
