// An element is moved in its page, removed and inserted again, or moved to another document.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, isShown, meet, mount, newLobby, until, untilState } from './stage.ts'

teardown(clear)

const frames = async (count: number): Promise<void> => {
  for (let frame = 0; frame < count; frame++) {
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
}

const tracksOf = (chat: BuddyChat): MediaStreamTrack[] => chat.localStream!.getTracks()

const areLive = (tracks: readonly MediaStreamTrack[]): boolean =>
  tracks.every(({ readyState }) => readyState === 'live')

const haveEnded = (tracks: readonly MediaStreamTrack[]): boolean =>
  tracks.every(({ readyState }) => readyState === 'ended')

/** Hides the page for a moment. A removed element stops at once when its page is hidden. */
function hidePage(): void {
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
  delete (document as { visibilityState?: unknown }).visibilityState
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Resolves when the partner's video plays. */
async function untilMoving(chat: BuddyChat): Promise<void> {
  const video = chat.renderRoot.querySelector<HTMLVideoElement>('.remote')!
  const before = video.currentTime
  await until('the video to play', () => !video.paused && video.currentTime > before)
}

suite('an element that is removed or moved in its page', () => {
  test('keeps call, camera and video during a view transition', async () => {
    const [ana, bob] = await meet()
    const tracks = tracksOf(ana)
    const states: string[] = []
    ana.addEventListener('buddy-state-change', ({ detail }) => states.push(detail.state))
    const transition = document.startViewTransition(async () => {
      ana.remove()
      // An app may load its next view here, while the element is in no page.
      await (await fetch(location.href)).text()
      document.body.append(ana)
    })
    await transition.finished
    expect([states, areLive(tracks), ana.localStream?.getTracks()]).to.deep.equal([
      [],
      true,
      tracks,
    ])
    await untilMoving(ana)
    expect(bob.state).to.equal('connected')
  })

  test('keeps everything if it is moved by moveBefore(), and does not pause the video', async () => {
    const [ana] = await meet()
    const video = ana.renderRoot.querySelector<HTMLVideoElement>('.remote')!
    const aside = document.body.appendChild(document.createElement('aside'))
    let hasPaused = false
    let callbacks = 0
    ana.addController({ hostConnected: () => callbacks++, hostDisconnected: () => callbacks++ })
    callbacks = 0
    video.addEventListener('pause', () => (hasPaused = true))
    ;(aside as unknown as { moveBefore(node: Node, before: Node | null): void }).moveBefore(
      ana,
      null,
    )
    await untilMoving(ana)
    expect([ana.parentElement === aside, callbacks, hasPaused, ana.state]).to.deep.equal([
      true,
      0,
      false,
      'connected',
    ])
    ana.stop()
    aside.remove()
  })

  test('releases the camera and ends the call if it is not inserted again', async () => {
    const [ana, bob] = await meet()
    const tracks = tracksOf(ana)
    ana.remove()
    expect(areLive(tracks)).to.equal(true)
    await until('the end', () => haveEnded(tracks))
    expect(ana.state).to.equal('idle')
    await untilState(bob, 'waiting')
  })

  test('releases everything at once if the page is hidden before it is inserted again', async () => {
    const [ana] = await meet()
    const tracks = tracksOf(ana)
    ana.remove()
    hidePage()
    expect([ana.state, haveEnded(tracks)]).to.deep.equal(['idle', true])
  })

  test('releases the devices of a preview if it is not inserted again', async () => {
    const chat = await mount()
    await chat.client.preview()
    const tracks = tracksOf(chat)
    chat.remove()
    await until('the end', () => haveEnded(tracks))
  })
})

suite('autostart', () => {
  test('starts the chat again if the element was removed, has stopped, and is inserted again', async () => {
    const chat = await mount({ autostart: '' })
    await untilState(chat, 'waiting')
    chat.remove()
    await until('the end', () => chat.state === 'idle')
    document.body.append(chat)
    await untilState(chat, 'waiting')
  })

  test('starts the chat on insertion if it was set while the element was in a detached container, as in Vue’s KeepAlive', async () => {
    const chat = await mount()
    const cache = document.createElement('div')
    cache.append(chat)
    await chat.updateComplete
    chat.autostart = true
    chat.name = 'Ana'
    await chat.updateComplete
    expect(chat.state).to.equal('idle')
    document.body.append(chat)
    await untilState(chat, 'waiting')
  })

  test('opens no device after stop(), although attributes change and the element is moved', async () => {
    const { mediaDevices } = navigator
    const original = mediaDevices.getUserMedia.bind(mediaDevices)
    let requests = 0
    mediaDevices.getUserMedia = (constraints) => {
      requests++
      return original(constraints)
    }
    try {
      const chat = await mount({ autostart: '' })
      await untilState(chat, 'waiting')
      const tracks = tracksOf(chat)
      chat.stop()
      requests = 0
      const changes: readonly (() => void)[] = [
        () => (chat.name = 'A'),
        () => (chat.mode = 'audio'),
        () => (chat.autostart = false),
        () => (chat.autostart = true),
        () => chat.toggleAttribute('autostart'),
        () => chat.toggleAttribute('autostart'),
        () => (chat.lobby = newLobby()),
        () => document.body.append(chat),
        () => chat.remove(),
        () => (chat.name = 'An'),
        () => document.body.append(chat),
        () => chat.remove(),
        hidePage,
        () => document.body.append(chat),
        () => (chat.name = 'Ana'),
      ]
      for (const change of changes) {
        change()
        await chat.updateComplete
      }
      expect([requests, chat.state, haveEnded(tracks)]).to.deep.equal([0, 'idle', true])
      await chat.start()
      expect(requests).to.equal(1)
    } finally {
      mediaDevices.getUserMedia = original
    }
  })
})

suite('an element in another document', () => {
  async function openFrame(): Promise<HTMLIFrameElement> {
    const frame = document.body.appendChild(document.createElement('iframe'))
    Object.assign(frame.style, { width: '820px', height: '620px' })
    frame.contentDocument!.body.style.margin = '0'
    await frames(1)
    return frame
  }

  const styleOf = (chat: BuddyChat): string[] => {
    const button = chat.renderRoot.querySelector('[part~="start-button"], [part~="stop-button"]')!
    const { backgroundColor, borderRadius, display, fontSize } = getComputedStyle(button)
    return [backgroundColor, borderRadius, display, fontSize]
  }

  test('keeps style, call and video when it is moved to an iframe and back', async () => {
    const [ana, bob] = await meet()
    const before = styleOf(ana)
    const frame = await openFrame()
    frame.contentDocument!.body.append(ana)
    expect(styleOf(ana)).to.deep.equal(before)
    await untilMoving(ana)
    document.body.append(ana)
    expect(styleOf(ana)).to.deep.equal(before)
    await untilMoving(ana)
    frame.remove()
    await frames(3)
    expect([ana.state, bob.state]).to.deep.equal(['connected', 'connected'])
  })

  test('has its style if it is first inserted into an iframe, and shares its style sheets with other elements there', async () => {
    const before = styleOf(await mount())
    const frame = await openFrame()
    const pair = [1, 2].map(() => {
      const chat = document.createElement('buddy-chat')
      Object.assign(chat.style, { display: 'block', width: '800px', height: '600px' })
      frame.contentDocument!.body.append(chat)
      return chat
    })
    for (const chat of pair) {
      await chat.updateComplete
      expect(styleOf(chat)).to.deep.equal(before)
    }
    const [one, other] = pair.map((chat) => chat.shadowRoot!.adoptedStyleSheets[0])
    expect(one === other).to.equal(true)
    frame.remove()
  })

  test('releases the camera and ends the call when the iframe that contains it is removed', async () => {
    const [ana, bob] = await meet()
    const tracks = tracksOf(ana)
    const frame = await openFrame()
    frame.contentDocument!.body.append(ana)
    expect(areLive(tracks)).to.equal(true)
    frame.remove()
    await until('the end', () => haveEnded(tracks))
    expect(ana.state).to.equal('idle')
    await untilState(bob, 'waiting')
    document.body.append(ana)
    await ana.start()
    await untilState(ana, 'connected', 'negotiating', 'waiting')
    expect(isShown(ana, 'stop-button')).to.equal(true)
  })

  test('keeps the call if the page moves it out of an iframe on `pagehide`', async () => {
    const [ana, bob] = await meet()
    const frame = await openFrame()
    frame.contentDocument!.body.append(ana)
    frame.contentWindow!.addEventListener('pagehide', () => document.body.append(ana))
    frame.remove()
    await frames(5)
    await untilMoving(ana)
    expect([ana.state, bob.state]).to.deep.equal(['connected', 'connected'])
  })
})
