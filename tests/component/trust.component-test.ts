// With `relayuntiltrusted`, addresses are hidden until both users agree. These tests check the
// request, the answer and the events. The tests on virtual networks (tests/network) check that no
// address is revealed before, with a real TURN server.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  focused,
  isShown,
  meet,
  part,
  press,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

const { RTCPeerConnection: Original } = window

/** Lets peer connections connect without a relay, because these tests have no TURN server. */
setup(() => {
  const open = (given?: RTCConfiguration): RTCConfiguration => ({
    ...given,
    iceServers: [],
    iceTransportPolicy: 'all',
  })
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(open(configuration))
    }
    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(open(configuration))
    }
  }
})
teardown(async () => {
  window.RTCPeerConnection = Original
  await clear()
})

const hidden = (): Record<string, string> => ({
  server: window.servers.relayed,
  relayuntiltrusted: '',
})

/** Records the details of `buddy-trust` events, in an array that grows. */
function recordTrust(chat: BuddyChat): unknown[] {
  const details: unknown[] = []
  chat.addEventListener('buddy-trust', ({ detail }) => details.push(detail))
  return details
}

test('a request is shown to the partner, an agreement is shown to both users, and each emits `buddy-trust`', async () => {
  const [ana, bob] = await meet(hidden())
  const details = recordTrust(ana)
  expect(part(ana, 'trust-button')?.title).to.contain('Bob could learn your IP address')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])

  await press(ana, 'trust-button')
  await untilShown(ana, 'Bob has not agreed yet')
  expect(isShown(ana, 'trust-button')).to.equal(false)
  await untilShown(bob, 'Ana would like to connect directly.')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])
  expect(isShown(bob, 'trust-button')).to.equal(false)
  await Promise.all([expectAccessible(bob), expectToFit(bob)])

  await press(bob, 'agree-button')
  for (const chat of [ana, bob]) {
    await untilShown(chat, 'You both agreed.')
    for (const name of ['trust-button', 'awaiting-trust', 'trust-request', 'agree-button']) {
      expect(isShown(chat, name), name).to.equal(false)
    }
  }
  expect(details).to.deep.equal([
    { self: true, partner: false },
    { self: true, partner: true },
  ])
})

test('the partner can postpone a request and agree later', async () => {
  const [ana, bob] = await meet(hidden())
  await press(ana, 'trust-button')
  await press(bob, 'put-off-button')
  expect(isShown(bob, 'trust-request')).to.equal(false)
  await press(bob, 'trust-button')
  await untilShown(ana, 'You both agreed.')
})

test('changing `relayuntiltrusted` during a call takes effect at the next start', async () => {
  const [ana, bob] = await meet({ server: window.servers.relayed })
  ana.relayuntiltrusted = true
  await ana.updateComplete
  expect(isShown(ana, 'trust-button')).to.equal(false)
  bob.stop()
  ana.stop()
  await Promise.all([
    ana.start(),
    bob.client.start({ ...bob.clientOptions(), relayUntilTrusted: true }),
  ])
  await Promise.all([untilState(ana, 'connected'), untilState(bob, 'connected')])
  expect([isShown(ana, 'trust-button'), isShown(bob, 'trust-button')]).to.deep.equal([true, true])
})

test('an agreement holds for one call only, not for the next partner', async () => {
  const [ana, bob] = await meet(hidden())
  await press(ana, 'trust-button')
  await untilShown(bob, 'Ana would like to connect directly.')
  bob.next()
  await untilState(bob, 'connected')
  await untilState(ana, 'connected')
  for (const chat of [ana, bob]) {
    expect(isShown(chat, 'trust-button')).to.equal(true)
    expect(visibleText(chat)).to.not.contain('would like to connect directly')
  }
})

test('a visitor who does not hide their address agrees automatically, without a question or an event', async () => {
  const [ana, bob] = await meet({ server: window.servers.relayed }, { relayuntiltrusted: '' })
  const details = recordTrust(ana)
  expect(isShown(ana, 'trust-button')).to.equal(false)
  await press(bob, 'trust-button')
  await untilShown(bob, 'You both agreed.')
  expect(details).to.deep.equal([])
  expect(visibleText(ana)).to.not.match(/direct|agreed/)
})

test('a partner with `relayonly` is shown no request', async () => {
  const [ana, bob] = await meet(hidden(), { relayonly: '' })
  await press(ana, 'trust-button')
  await untilShown(ana, 'Bob has not agreed yet')
  ana.send('Are you there?')
  await untilShown(bob, 'Are you there?')
  expect(visibleText(bob)).to.not.contain('directly')
})

test('trust() sends a request or agrees to one, and throws `not-in-call` without a partner', async () => {
  const [ana, bob] = await meet(hidden())
  bob.trust()
  await untilShown(ana, 'Bob would like to connect directly.')
  ana.trust()
  await untilShown(bob, 'You both agreed.')
  bob.stop()
  expect(() => bob.trust())
    .to.throw()
    .with.property('code', 'not-in-call')
})

test('answering a request moves focus to the stage', async () => {
  const [ana, bob] = await meet(hidden())
  bob.trust()
  await untilShown(ana, 'Not now')
  part(ana, 'put-off-button')!.focus()
  await press(ana, 'put-off-button')
  expect(focused(ana)).to.equal('stage')
  part(ana, 'trust-button')!.focus()
  await press(ana, 'trust-button')
  expect(focused(ana)).to.equal('stage')
})
