// Cameras are switched, unplugged or blocked during a call. The call continues each time.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/** What {@link observe} records in a page. */
interface Observed {
  /**
   * One number for each call of `getUserMedia`: how many tracks of the requested kinds were live at
   * that moment.
   */
  readonly liveWhenOpening: number[]
  /** Every peer connection, and how often its signaling state has changed. */
  readonly connections: { readonly connection: RTCPeerConnection; changes: number }[]
}

interface Page {
  readonly observed: Observed
  readonly openedTracks: MediaStreamTrack[]
}

/**
 * From now on, counts negotiations, and how many devices are open whenever another one is
 * requested.
 */
async function observe({ page }: Visitor): Promise<void> {
  await page.evaluate(() => {
    const observed: Observed = { liveWhenOpening: [], connections: [] }
    const { openedTracks } = Object.assign(window, { observed }) as unknown as Page
    const { mediaDevices } = navigator
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = (constraints) => {
      const isRequested = { audio: constraints?.audio, video: constraints?.video }
      const live = openedTracks.filter(
        ({ kind, readyState }) => readyState === 'live' && isRequested[kind as 'audio' | 'video'],
      )
      observed.liveWhenOpening.push(live.length)
      return getUserMedia(constraints)
    }
    const { RTCPeerConnection: Original } = window
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        const entry = { connection: this, changes: 0 }
        observed.connections.push(entry)
        this.addEventListener('signalingstatechange', () => entry.changes++)
      }
    }
  })
}

/**
 * Returns how many signaling state changes the call has had, and the device id of the camera that
 * it sends.
 */
function callOf({ page }: Visitor): Promise<{ negotiations: number; camera: string }> {
  return page.evaluate(() => {
    const { observed } = window as unknown as Page
    const call = observed.connections.find(
      ({ connection }) => connection.connectionState === 'connected',
    )
    const sender = call?.connection.getSenders().find(({ track }) => track?.kind === 'video')
    return {
      negotiations: call?.changes ?? -1,
      camera: sender?.track?.getSettings().deviceId ?? '',
    }
  })
}

/** Calls a method of the element's client, as a page would. */
function callClient({ page }: Visitor, method: string, ...args: string[]): Promise<void> {
  return page.$eval(
    'buddy-chat',
    async (element, name, values) => {
      const { client } = element as unknown as {
        client: Record<string, (...all: string[]) => Promise<void>>
      }
      await client[name]!(...values)
    },
    method,
    args,
  )
}

/** Ends the camera track in the way in which the browser ends it when the camera is unplugged. */
function unplugCamera({ page }: Visitor): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    const { localStream } = element as unknown as { localStream: MediaStream }
    const [track] = localStream.getVideoTracks()
    track?.stop()
    track?.dispatchEvent(new Event('ended'))
  })
}

test('switching cameras needs no negotiation and stops the old camera first; the next call uses the new camera', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await observe(ana)
  await meet(ana, bob)
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  // Waits until the next call is prepared. The camera that it was prepared with is about to be
  // replaced.
  await ana.page.waitForFunction(
    () =>
      (window as unknown as Page).observed.connections.some(
        ({ connection }) => connection.signalingState === 'have-local-offer',
      ),
    { polling: 50 },
  )
  const before = await callOf(ana)
  await callClient(ana, 'switchCamera')
  await callClient(ana, 'switchCamera')
  const after = await callOf(ana)
  expect(after.camera).not.toBe(before.camera)
  await Promise.all([bob.waitForMedia(20), bob.waitForMovement()])
  expect((await callOf(ana)).negotiations).toBe(before.negotiations)

  await bob.press('next-button')
  await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await Promise.all([bob.waitForMedia(), bob.waitForMovement()])
  expect((await callOf(ana)).camera).toBe(after.camera)
  // There was one request for camera and microphone, then one for each switch. No camera was open
  // at any of them.
  const { liveWhenOpening } = await ana.page.evaluate(() => (window as unknown as Page).observed)
  expect(liveWhenOpening).toEqual([0, 0, 0])
  expect(await ana.liveTracks()).toBe(2)
  expect([...ana.errors, ...bob.errors]).toEqual([])
})

test('a camera that is turned on during a call is sent', async ({ startServer, visit }) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await ana.page.$eval('buddy-chat', (element) => element.toggleAttribute('novideo', true))
  await meet(ana, bob)
  await bob.waitForText('Ana’s camera is off')
  await callClient(ana, 'resumeDevice', 'camera')
  await Promise.all([bob.waitForMedia(), bob.waitForMovement()])
  expect(await bob.text()).not.toContain('Ana’s camera is off')
})

test('if the camera is unplugged, the call switches to another one and shows its name', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await observe(ana)
  await meet(ana, bob)
  await callClient(ana, 'switchCamera')
  await callClient(ana, 'switchCamera')
  const { negotiations } = await callOf(ana)
  await unplugCamera(ana)
  await ana.waitForText('Your camera is gone. Now using fake_device_0.')
  await Promise.all([bob.waitForMedia(20), bob.waitForMovement()])
  expect((await callOf(ana)).negotiations).toBe(negotiations)
  expect([...ana.errors, ...bob.errors]).toEqual([])
})

test('if the only camera is unplugged, the call continues with audio, and video is resumed on request', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await observe(ana)
  await meet(ana, bob)
  const { negotiations } = await callOf(ana)
  await unplugCamera(ana)
  await Promise.all([ana.waitForText('You are not seen.'), bob.waitForText('Ana’s camera is off')])
  await Promise.all([ana.waitForMedia(), bob.waitForAudio()])
  await ana.press('resume-camera-button')
  await Promise.all([bob.waitForMedia(), bob.waitForMovement()])
  expect((await callOf(ana)).negotiations).toBe(negotiations)
  expect(await bob.text()).not.toContain('Ana’s camera is off')
  expect([...ana.errors, ...bob.errors]).toEqual([])
})

test('if the camera permission is revoked during a call, the call continues and the element shows that without a new prompt', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { grants: false }),
    visit(`${url}/?name=Bob`),
  ])
  const context = ana.page.browserContext()
  await context.overridePermissions(url, ['camera', 'microphone'])
  await meet(ana, bob)
  await context.overridePermissions(url, ['microphone'])
  await unplugCamera(ana)
  await ana.waitForText('Your camera is not allowed any more.')
  await bob.waitForText('Ana’s camera is off')
  await Promise.all([ana.waitForMedia(), bob.waitForAudio()])
  await context.overridePermissions(url, ['camera', 'microphone'])
  await ana.press('resume-camera-button')
  await Promise.all([bob.waitForMedia(), bob.waitForMovement()])
})
