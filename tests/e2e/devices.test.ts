// Cameras are changed, unplugged and taken away in the middle of a call, which goes on.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

/** What is written down in a page by {@link observe}. */
interface Observed {
  /** Live tracks of the kind that was asked for, whenever a page asked for devices. */
  readonly liveWhenOpening: number[]
  readonly connections: { readonly connection: RTCPeerConnection; changes: number }[]
}

interface Page {
  readonly observed: Observed
  readonly openedTracks: MediaStreamTrack[]
}

/** From now on: counts negotiations, and devices that are open when another is opened. */
async function observe({ page }: Person): Promise<void> {
  await page.evaluate(() => {
    const observed: Observed = { liveWhenOpening: [], connections: [] }
    const { openedTracks } = Object.assign(window, { observed }) as unknown as Page
    const { mediaDevices } = navigator
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = (constraints) => {
      const isAsked = { audio: constraints?.audio, video: constraints?.video }
      const live = openedTracks.filter(
        ({ kind, readyState }) => readyState === 'live' && isAsked[kind as 'audio' | 'video'],
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

/** The call's own negotiations so far, and the camera it sends. */
function callOf({ page }: Person): Promise<{ negotiations: number; camera: string }> {
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

/** Runs one of the client's methods, as a page would. */
function ask({ page }: Person, method: string, ...args: string[]): Promise<void> {
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

/** What a driver does when its device goes: the track ends, and nobody here has stopped it. */
function loseCamera({ page }: Person): Promise<void> {
  return page.$eval('buddy-chat', (element) => {
    const { localStream } = element as unknown as { localStream: MediaStream }
    const [track] = localStream.getVideoTracks()
    track?.stop()
    track?.dispatchEvent(new Event('ended'))
  })
}

test('another camera in the middle of a call: no negotiation, the old one first stopped, and the next call has it', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ rematchDelayMs: 50 })
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await observe(ana)
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  // The next call is prepared already, with the camera that is about to be replaced.
  await ana.page.waitForFunction(
    () =>
      (window as unknown as Page).observed.connections.some(
        ({ connection }) => connection.signalingState === 'have-local-offer',
      ),
    { polling: 50 },
  )
  const before = await callOf(ana)
  await ask(ana, 'switchCamera')
  await ask(ana, 'switchCamera')
  const after = await callOf(ana)
  expect(after.camera).not.toBe(before.camera)
  await Promise.all([bob.receivesMedia(20), bob.seesMovement()])
  expect((await callOf(ana)).negotiations).toBe(before.negotiations)

  await bob.press('next-button')
  await Promise.all([ana.matches(2), bob.matches(2)])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await Promise.all([bob.receivesMedia(), bob.seesMovement()])
  expect((await callOf(ana)).camera).toBe(after.camera)
  // Camera and microphone at first, then two more cameras; never one beside another.
  const { liveWhenOpening } = await ana.page.evaluate(() => (window as unknown as Page).observed)
  expect(liveWhenOpening).toEqual([0, 0, 0])
  expect(await ana.liveTracks()).toBe(2)
  expect([...ana.complaints, ...bob.complaints]).toEqual([])
})

test('a camera that joins in the middle of a call is seen', async ({ startServer, visit }) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await ana.page.$eval('buddy-chat', (element) => element.toggleAttribute('novideo', true))
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await bob.sees('Ana’s camera is off')
  await ask(ana, 'resumeDevice', 'camera')
  await Promise.all([bob.receivesMedia(), bob.seesMovement()])
  expect(await bob.text()).not.toContain('Ana’s camera is off')
})

test('its camera gone, a call goes on with another one, and says which', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 3 }),
    visit(`${url}/?name=Bob`),
  ])
  await observe(ana)
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ask(ana, 'switchCamera')
  await ask(ana, 'switchCamera')
  const { negotiations } = await callOf(ana)
  await loseCamera(ana)
  await ana.sees('Your camera is gone. Now using fake_device_0.')
  await Promise.all([bob.receivesMedia(20), bob.seesMovement()])
  expect((await callOf(ana)).negotiations).toBe(negotiations)
  expect([...ana.complaints, ...bob.complaints]).toEqual([])
})

test('its only camera gone, a call goes on with sound; one press brings the picture back', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await observe(ana)
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  const { negotiations } = await callOf(ana)
  await loseCamera(ana)
  await Promise.all([ana.sees('You are not seen.'), bob.sees('Ana’s camera is off')])
  await Promise.all([ana.receivesMedia(), bob.receivesAudio()])
  await ana.press('resume-camera-button')
  await Promise.all([bob.receivesMedia(), bob.seesMovement()])
  expect((await callOf(ana)).negotiations).toBe(negotiations)
  expect(await bob.text()).not.toContain('Ana’s camera is off')
  expect([...ana.complaints, ...bob.complaints]).toEqual([])
})

test('permission taken back in the middle of a call: said, nothing is asked, and the partner is still there', async ({
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
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await context.overridePermissions(url, ['microphone'])
  await loseCamera(ana)
  await ana.sees('Your camera is not allowed any more.')
  await bob.sees('Ana’s camera is off')
  await Promise.all([ana.receivesMedia(), bob.receivesAudio()])
  await context.overridePermissions(url, ['camera', 'microphone'])
  await ana.press('resume-camera-button')
  await Promise.all([bob.receivesMedia(), bob.seesMovement()])
})
