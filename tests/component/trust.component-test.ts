// Addresses are hidden until both agree: how people are asked, and what a page hears of it. That nothing
// leaves before is looked at on virtual networks, with a real relay (tests/network).
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
  untilSaid,
  untilState,
  words,
} from './stage.ts'

const { RTCPeerConnection: Original } = window

/** There is no relay here: what would go through one goes directly. */
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

/** What the element tells the page of trust, as it goes on. */
function trustTold(chat: BuddyChat): unknown[] {
  const told: unknown[] = []
  chat.addEventListener('buddy-trust', ({ detail }) => told.push(detail))
  return told
}

test('one asks, the other is asked and agrees: both are told, and nothing is left to press', async () => {
  const [ana, bob] = await meet(hidden())
  const told = trustTold(ana)
  expect(part(ana, 'trust-button')?.title).to.contain('Bob could learn your IP address')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])

  await press(ana, 'trust-button')
  await untilSaid(ana, 'Bob has not agreed yet')
  expect(isShown(ana, 'trust-button')).to.equal(false)
  await untilSaid(bob, 'Ana would like to connect directly.')
  await Promise.all([expectAccessible(ana), expectToFit(ana)])
  expect(isShown(bob, 'trust-button')).to.equal(false)
  await Promise.all([expectAccessible(bob), expectToFit(bob)])

  await press(bob, 'agree-button')
  for (const chat of [ana, bob]) {
    await untilSaid(chat, 'You both agreed.')
    for (const name of ['trust-button', 'awaiting-trust', 'trust-request', 'agree-button']) {
      expect(isShown(chat, name), name).to.equal(false)
    }
  }
  expect(told).to.deep.equal([
    { self: true, partner: false },
    { self: true, partner: true },
  ])
})

test('a wish can be put off, and agreed to later', async () => {
  const [ana, bob] = await meet(hidden())
  await press(ana, 'trust-button')
  await press(bob, 'put-off-button')
  expect(isShown(bob, 'trust-request')).to.equal(false)
  await press(bob, 'trust-button')
  await untilSaid(ana, 'You both agreed.')
})

test('what the page changes in the middle of a call counts from the next start', async () => {
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

test('it holds for one call: the next partner is to be trusted anew', async () => {
  const [ana, bob] = await meet(hidden())
  await press(ana, 'trust-button')
  await untilSaid(bob, 'Ana would like to connect directly.')
  bob.next()
  await untilState(bob, 'connected')
  await untilState(ana, 'connected')
  for (const chat of [ana, bob]) {
    expect(isShown(chat, 'trust-button')).to.equal(true)
    expect(words(chat)).to.not.contain('would like to connect directly')
  }
})

test('a partner who hides nothing agrees by their client, and is asked nothing', async () => {
  const [ana, bob] = await meet({ server: window.servers.relayed }, { relayuntiltrusted: '' })
  const told = trustTold(ana)
  expect(isShown(ana, 'trust-button')).to.equal(false)
  await press(bob, 'trust-button')
  await untilSaid(bob, 'You both agreed.')
  expect(told).to.deep.equal([])
  expect(words(ana)).to.not.match(/direct|agreed/)
})

test('relayonly asks nobody and is not asked, whatever else is said', async () => {
  const [ana, bob] = await meet(hidden(), { relayonly: '' })
  await press(ana, 'trust-button')
  await untilSaid(ana, 'Bob has not agreed yet')
  ana.send('Are you there?')
  await untilSaid(bob, 'Are you there?')
  expect(words(bob)).to.not.contain('directly')
})

test('by method too; without a partner it is refused by name', async () => {
  const [ana, bob] = await meet(hidden())
  bob.trust()
  await untilSaid(ana, 'Bob would like to connect directly.')
  ana.trust()
  await untilSaid(bob, 'You both agreed.')
  bob.stop()
  expect(() => bob.trust())
    .to.throw()
    .with.property('code', 'not-in-call')
})

test('a question that is answered leaves focus on the stage', async () => {
  const [ana, bob] = await meet(hidden())
  bob.trust()
  await untilSaid(ana, 'Not now')
  part(ana, 'put-off-button')!.focus()
  await press(ana, 'put-off-button')
  expect(focused(ana)).to.equal('stage')
  part(ana, 'trust-button')!.focus()
  await press(ana, 'trust-button')
  expect(focused(ana)).to.equal('stage')
})
