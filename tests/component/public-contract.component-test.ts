// The public contract of the element: events, methods and attributes, and that it shows safely what
// partners send.
import type { BuddyEventName } from '@buddy-chat/element'
import { expect } from 'chai'
import {
  BuddyChat,
  clear,
  meet,
  mount,
  newLobby,
  part,
  Partner,
  press,
  resize,
  until,
  untilShown,
  untilState,
} from './stage.ts'

teardown(clear)

const names: readonly BuddyEventName[] = [
  'buddy-start',
  'buddy-state-change',
  'buddy-match',
  'buddy-message',
  'buddy-leave',
  'buddy-error',
]

/** Records the events of `chat` that reach the document, in an array that grows. */
function record(chat: BuddyChat): { name: string; detail: unknown }[] {
  const events: { name: string; detail: unknown }[] = []
  for (const name of names) {
    document.addEventListener(name, (event) => {
      if (event.composedPath()[0] !== chat) return
      events.push({ name, detail: (event as CustomEvent<unknown>).detail })
    })
  }
  return events
}

suite('the events of the element', () => {
  test('bubble out of shadow trees, in order, with their details', async () => {
    const lobby = newLobby()
    const partner = await Partner.waiting(lobby, 'Zoë')
    const host = document.body.appendChild(document.createElement('div'))
    const chat = await mount({ lobby })
    host.attachShadow({ mode: 'open' }).append(chat)
    const events = record(chat)
    await chat.start()
    partner.send({ type: 'text', text: 'Hi' })
    await until('the text', () => events.some(({ name }) => name === 'buddy-message'))
    chat.send('Hello')
    const room = chat.client.partner?.room
    expect(room).to.be.a('string')
    partner.send({ type: 'leave' })
    await untilState(chat, 'waiting')
    chat.stop()
    host.remove()
    expect(events).to.deep.equal([
      { name: 'buddy-start', detail: null },
      { name: 'buddy-state-change', detail: { state: 'connecting', previous: 'idle' } },
      { name: 'buddy-state-change', detail: { state: 'negotiating', previous: 'connecting' } },
      {
        name: 'buddy-match',
        detail: { partner: { name: 'Zoë', room }, interests: [], languages: [], isRematch: false },
      },
      { name: 'buddy-message', detail: { text: 'Hi', from: 'partner' } },
      { name: 'buddy-message', detail: { text: 'Hello', from: 'self' } },
      { name: 'buddy-state-change', detail: { state: 'waiting', previous: 'negotiating' } },
      { name: 'buddy-leave', detail: { reason: 'partner-left' } },
      { name: 'buddy-state-change', detail: { state: 'idle', previous: 'waiting' } },
    ])
  })

  test('are typed, including their details', async () => {
    const lobby = newLobby()
    await Partner.waiting(lobby, 'Zoë')
    const chat = await mount({ lobby })
    // This compiles only because `HTMLElementEventMap` contains the event with its details.
    const name = new Promise<string>((resolve) => {
      chat.addEventListener('buddy-match', ({ detail }) => resolve(detail.partner.name))
    })
    await chat.start()
    expect(await name).to.equal('Zoë')
  })

  test('include `buddy-start`, which a listener can cancel before anything is opened', async () => {
    const chat = await mount()
    chat.addEventListener('buddy-start', (event) => event.preventDefault(), { once: true })
    await press(chat, 'start-button')
    expect(chat.state).to.equal('idle')
    expect(chat.localStream).to.equal(undefined)
    await press(chat, 'start-button')
    await untilState(chat, 'waiting')
  })

  test('report a failure of Start once, as `buddy-error`; a failure of start() is a rejection instead', async () => {
    const chat = await mount({ server: 'ftp://nowhere' })
    const events = record(chat)
    await press(chat, 'start-button')
    await until('the error', () => events.some(({ name }) => name === 'buddy-error'))
    const errors = (): unknown[] =>
      events
        .filter(({ name }) => name === 'buddy-error')
        .map(({ detail }) => (detail as { error: { code: string } }).error.code)
    expect(errors()).to.deep.equal(['invalid-options'])
    const code = await chat.start().catch((error: { code: string }) => error.code)
    expect(code).to.equal('invalid-options')
    expect(errors()).to.deep.equal(['invalid-options'])
  })

  test('are emitted even if a listener throws', async () => {
    const chat = await mount()
    const { onerror } = window
    const errors: unknown[] = []
    // Replaces the test runner's handler, which would fail the test when the listener throws.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    window.onerror = (_event, _source, _line, _column, error) => errors.push(error)
    const listener = (): void => {
      throw new Error('a listener of the page failed')
    }
    chat.addEventListener('buddy-state-change', listener)
    await chat.start()
    await untilState(chat, 'waiting')
    chat.removeEventListener('buddy-state-change', listener)
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    window.onerror = onerror
    expect(errors).to.have.length(2)
  })
})

suite('start and stop', () => {
  test('`autostart` starts only once, and not again after stop()', async () => {
    const chat = await mount({ autostart: '' })
    await untilState(chat, 'waiting')
    chat.stop()
    chat.setAttribute('name', 'Ana')
    await chat.updateComplete
    expect(chat.state).to.equal('idle')
  })

  test('two calls of start() emit `buddy-start` once', async () => {
    const chat = await mount()
    const events = record(chat)
    await Promise.all([chat.start(), chat.start()])
    expect(events.filter(({ name }) => name === 'buddy-start')).to.have.length(1)
  })

  test('stop() during the permission prompt releases devices that are granted later', async () => {
    const { mediaDevices } = navigator
    const original = mediaDevices.getUserMedia.bind(mediaDevices)
    let grant!: () => void
    const granted = new Promise<void>((resolve) => (grant = resolve))
    let late: MediaStream | undefined
    mediaDevices.getUserMedia = async (constraints) => {
      await granted
      late = await original(constraints)
      return late
    }
    try {
      const chat = await mount()
      const started = chat.start().catch((error: { code: string }) => error.code)
      await untilState(chat, 'connecting')
      chat.stop()
      expect(await started).to.equal('aborted')
      grant()
      await until('the late stream to end', () =>
        late?.getTracks().every(({ readyState }) => readyState === 'ended'),
      )
      expect(chat.state).to.equal('idle')
    } finally {
      mediaDevices.getUserMedia = original
    }
  })

  test('the element stops when it is removed, and can start after it is inserted again', async () => {
    const chat = await mount()
    await chat.start()
    const tracks = chat.localStream!.getTracks()
    const parent = chat.parentElement!
    chat.remove()
    await until('the end', () => chat.state === 'idle')
    expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(['ended', 'ended'])
    parent.append(chat)
    const events = record(chat)
    await chat.start()
    await untilState(chat, 'waiting')
    expect(events.map(({ name }) => name)).to.deep.equal([
      'buddy-start',
      'buddy-state-change',
      'buddy-state-change',
    ])
  })

  test('start() uses video if the mode is unknown, interests from an array, and the name from the name field', async () => {
    const lobby = newLobby()
    const partner = await Partner.waiting(lobby, 'Zoë')
    const chat = await mount({ lobby, mode: 'hologram' })
    chat.interests = ['jazz', ' chess ']
    await chat.updateComplete
    const field = part<HTMLInputElement>(chat, 'name-input')!
    field.value = 'Cem'
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    expect(chat.clientOptions()).to.include({ mode: 'video', name: 'Cem' })
    expect(chat.clientOptions().interests).to.deep.equal(['jazz', 'chess'])
    await chat.start()
    expect((await partner.receive('matched')).partnerName).to.equal('Cem')
  })
})

suite('what a partner sends', () => {
  test('is shown as text, even if it contains markup', async () => {
    const lobby = newLobby()
    const evil = '<img src=x onerror="window.hasRun = true"><b>bold</b>'
    const partner = await Partner.waiting(lobby, evil.slice(0, 120))
    const chat = await mount({ lobby })
    await chat.start()
    partner.send({ type: 'text', text: evil })
    await untilShown(chat, evil)
    expect(chat.renderRoot.querySelectorAll('img, b:not([part])').length).to.equal(0)
    expect('hasRun' in window).to.equal(false)
  })

  test('stays within the element, even if it is a long name or a long message without spaces', async () => {
    const lobby = newLobby()
    const partner = await Partner.waiting(lobby, 'N'.repeat(128))
    const chat = await mount({ lobby })
    resize(chat, 320, 480)
    await chat.start()
    partner.send({ type: 'text', text: 'x'.repeat(4096) })
    await press(chat, 'text-toggle')
    await untilShown(chat, 'xxx')
    expect(chat.scrollWidth).to.be.at.most(320)
    const messages = part(chat, 'messages')!
    expect(messages.scrollWidth).to.equal(messages.clientWidth)
  })

  test('ends the call if it is an invalid signal, and the client then searches again', async () => {
    const lobby = newLobby()
    const partner = await Partner.waiting(lobby, 'Zoë')
    const chat = await mount({ lobby })
    const events = record(chat)
    await chat.start()
    await partner.receive('signal')
    partner.send({
      type: 'signal',
      description: { type: 'answer', sdp: 'nonsense' },
      candidates: [],
      sending: null,
      generation: null,
    })
    await untilState(chat, 'waiting')
    const last = events.findLast(({ name }) => name === 'buddy-leave')
    expect(last?.detail).to.deep.equal({ reason: 'call-failed' })
  })
})

suite('negotiation', () => {
  test('simultaneous ICE restarts on both sides succeed, and the call continues', async () => {
    const { RTCPeerConnection: Original } = window
    const connections: RTCPeerConnection[] = []
    const configurations: (RTCConfiguration | undefined)[] = []
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
        configurations.push(configuration)
      }
    }
    try {
      const [ana, bob] = await meet()
      const events = [record(ana), record(bob)]
      // All other peer connections are prepared for the next call.
      const inCall = connections.filter(({ connectionState }) => connectionState === 'connected')
      expect(inCall).to.have.length(2)
      for (const configuration of configurations) {
        expect(configuration).to.include({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
      }
      const credentials = ({ localDescription }: RTCPeerConnection): string | undefined =>
        localDescription?.sdp.match(/^a=ice-ufrag:.*$/m)?.[0]
      const before = inCall.map(credentials)
      for (const connection of inCall) connection.restartIce()
      await until('both to agree on new credentials', () =>
        inCall.every(
          (connection, index) =>
            connection.signalingState === 'stable' &&
            connection.connectionState === 'connected' &&
            credentials(connection) !== before[index],
        ),
      )
      expect([ana.state, bob.state, ...events]).to.deep.equal(['connected', 'connected', [], []])
    } finally {
      window.RTCPeerConnection = Original
    }
  })
})

test('the class BuddyChat is registered as `buddy-chat`', () => {
  expect(BuddyChat.name).to.equal('BuddyChat')
  expect(customElements.get('buddy-chat') === BuddyChat).to.equal(true)
})
