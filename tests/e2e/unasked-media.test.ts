// A partner offers more than the room has: a second track, video where people only talk, data channels.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

interface Page {
  readonly connections: RTCPeerConnection[]
}

/** From the next start every connection of this page offers all of that, and sends it. */
async function offerMore({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    setInterval(() => context?.fillRect(Math.random() * 100, 0, 9, 9), 100)
    const { connections } = Object.assign(window, { connections: [] as RTCPeerConnection[] })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
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

/** What became of the media this page offered: the port of each in the partner's answer. */
function answered({ page }: Person): Promise<string[]> {
  return page.evaluate(() => {
    const { connections } = window as unknown as Page
    const used = connections.find((connection) => connection.connectionState === 'connected')
    const media = used?.currentRemoteDescription?.sdp.match(/^m=\w+ \d+/gm) ?? []
    return [...media].map((line) =>
      line.slice(2).replace(/ 0$/, ' refused').replace(/ \d+$/, ' open'),
    )
  })
}

/** What the element's page was given of the partner. */
function given({ page }: Person): Promise<string[]> {
  return page.$eval('buddy-chat', (element) => {
    const { remoteStream } = element as unknown as { remoteStream?: MediaStream }
    return (remoteStream?.getTracks() ?? []).map(({ kind }) => kind).sort()
  })
}

/** Kinds of media that arrive, as the browser counts them. */
function received({ page }: Person): Promise<string[]> {
  return page.$eval('buddy-chat', async (element) => {
    const { client } = element as unknown as {
      client: { getStats(): Promise<RTCStatsReport | undefined> }
    }
    const reports = [...((await client.getStats())?.values() ?? [])]
    return reports.flatMap((report) =>
      report.type === 'inbound-rtp' || report.type === 'data-channel'
        ? [String(report.kind ?? report.type)]
        : [],
    )
  })
}

for (const browser of ['Chromium', 'Firefox'] as const) {
  test(`in an audio room ${browser} refuses video, a second track and data channels, and the talk goes on`, async ({
    startServer,
    visit,
    visitWithFirefox,
  }) => {
    const { url } = await startServer()
    const ana = await (browser === 'Firefox' ? visitWithFirefox : visit)(`${url}/?mode=audio`)
    const bob = await visit(`${url}/?mode=audio`)
    await offerMore(bob)
    await ana.press('start-button')
    await ana.is('waiting')
    await bob.press('start-button')
    await Promise.all([ana.is('connected'), bob.is('connected')])
    await Promise.all([ana.receivesAudio(), bob.receivesAudio()])
    const [first, ...others] = await answered(bob)
    expect(first).toBe('audio open')
    expect(others).toHaveLength(5)
    for (const other of others) expect(other).toMatch(/ refused$/)
    expect(await given(ana)).toEqual(['audio'])
    expect(await received(ana)).toEqual(['audio'])
  })
}

test('in a video room what is beyond one picture and one sound is refused, and the call goes on', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(url), visit(url)])
  await offerMore(bob)
  await ana.press('start-button')
  await ana.is('waiting')
  await bob.press('start-button')
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  expect((await answered(bob)).filter((each) => each.endsWith(' open')).sort()).toEqual([
    'audio open',
    'video open',
  ])
  expect(await given(ana)).toEqual(['audio', 'video'])
})

test('Firefox sends one picture to a partner that requests three, and takes no candidate that only Firefox reads', async ({
  startServer,
  visit,
  visitWithFirefox,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visitWithFirefox(url), visit(url)])
  await ana.page.evaluate(() => {
    const { connections } = Object.assign(window, { connections: [] as RTCPeerConnection[] })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
    }
  })
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
  await ana.is('waiting')
  await bob.press('start-button')
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  const seen = await ana.page.evaluate(() => {
    const { connections } = window as unknown as Page
    const used = connections.find((connection) => connection.connectionState === 'connected')
    return {
      pictures: used?.getSenders().map((sender) => sender.getParameters().encodings.length),
      hasTracker: used?.currentRemoteDescription?.sdp.includes('tracker.example'),
    }
  })
  expect(seen).toEqual({ pictures: [1, 1], hasTracker: false })
})
