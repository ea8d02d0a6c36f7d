// An element that is moved, taken out and put back, and shown in another window.
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

/** The page goes out of sight for a moment, which ends at once whatever is out of the page. */
function hidePage(): void {
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
  delete (document as { visibilityState?: unknown }).visibilityState
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Whether the partner's picture moves. */
async function untilMoving(chat: BuddyChat): Promise<void> {
  const video = chat.renderRoot.querySelector<HTMLVideoElement>('.remote')!
  const before = video.currentTime
  await until('the picture to move', () => !video.paused && video.currentTime > before)
}

suite('taken out and put back', () => {
  test('a view transition that does so keeps call and camera, and the picture goes on', async () => {
    const [ana, bob] = await meet()
    const tracks = tracksOf(ana)
    const states: string[] = []
    ana.addEventListener('buddy-state-change', ({ detail }) => states.push(detail.state))
    const transition = document.startViewTransition(async () => {
      ana.remove()
      // As an app does that loads what it shows next.
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

  test('moveBefore() is a move: nothing ends, and the picture does not even pause', async () => {
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

  test('out of the page for good it releases camera and call', async () => {
    const [ana, bob] = await meet()
    const tracks = tracksOf(ana)
    ana.remove()
    expect(areLive(tracks)).to.equal(true)
    await until('the end', () => haveEnded(tracks))
    expect(ana.state).to.equal('idle')
    await untilState(bob, 'waiting')
  })

  test('a page that is hidden while the element is out releases everything at once', async () => {
    const [ana] = await meet()
    const tracks = tracksOf(ana)
    ana.remove()
    hidePage()
    expect([ana.state, haveEnded(tracks)]).to.deep.equal(['idle', true])
  })

  test('what was opened to be looked at is released too', async () => {
    const chat = await mount()
    await chat.client.preview()
    const tracks = tracksOf(chat)
    chat.remove()
    await until('the end', () => haveEnded(tracks))
  })
})

suite('autostart', () => {
  test('starts again when the element comes back after it was gone', async () => {
    const chat = await mount({ autostart: '' })
    await untilState(chat, 'waiting')
    chat.remove()
    await until('the end', () => chat.state === 'idle')
    document.body.append(chat)
    await untilState(chat, 'waiting')
  })

  test('set while the element is in a detached container, as by KeepAlive, it counts on return', async () => {
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

  test('after stop() nothing that the page changes or moves opens camera or microphone', async () => {
    const { mediaDevices } = navigator
    const original = mediaDevices.getUserMedia.bind(mediaDevices)
    let asked = 0
    mediaDevices.getUserMedia = (constraints) => {
      asked++
      return original(constraints)
    }
    try {
      const chat = await mount({ autostart: '' })
      await untilState(chat, 'waiting')
      const tracks = tracksOf(chat)
      chat.stop()
      asked = 0
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
      expect([asked, chat.state, haveEnded(tracks)]).to.deep.equal([0, 'idle', true])
      await chat.start()
      expect(asked).to.equal(1)
    } finally {
      mediaDevices.getUserMedia = original
    }
  })
})

suite('in another document', () => {
  async function openFrame(): Promise<HTMLIFrameElement> {
    const frame = document.body.appendChild(document.createElement('iframe'))
    Object.assign(frame.style, { width: '820px', height: '620px' })
    frame.contentDocument!.body.style.margin = '0'
    await frames(1)
    return frame
  }

  const look = (chat: BuddyChat): string[] => {
    const card = chat.renderRoot.querySelector('[part~="start-button"], [part~="stop-button"]')!
    const { backgroundColor, borderRadius, display, fontSize } = getComputedStyle(card)
    return [backgroundColor, borderRadius, display, fontSize]
  }

  test('moved there and back in a call it keeps its style, its call and its picture', async () => {
    const [ana, bob] = await meet()
    const before = look(ana)
    const frame = await openFrame()
    frame.contentDocument!.body.append(ana)
    expect(look(ana)).to.deep.equal(before)
    await untilMoving(ana)
    document.body.append(ana)
    expect(look(ana)).to.deep.equal(before)
    await untilMoving(ana)
    frame.remove()
    await frames(3)
    expect([ana.state, bob.state]).to.deep.equal(['connected', 'connected'])
  })

  test('put there before it was ever shown it has its style, and two share their sheets', async () => {
    const before = look(await mount())
    const frame = await openFrame()
    const pair = [1, 2].map(() => {
      const chat = document.createElement('buddy-chat')
      Object.assign(chat.style, { display: 'block', width: '800px', height: '600px' })
      frame.contentDocument!.body.append(chat)
      return chat
    })
    for (const chat of pair) {
      await chat.updateComplete
      expect(look(chat)).to.deep.equal(before)
    }
    const [one, other] = pair.map((chat) => chat.shadowRoot!.adoptedStyleSheets[0])
    expect(one === other).to.equal(true)
    frame.remove()
  })

  test('when that window ends, camera, call and connection end', async () => {
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

  test('taken back by the page while that window closes, the call goes on', async () => {
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
