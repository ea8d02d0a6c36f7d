// With `relayonly`, a client never sends an IP address of its own, whatever happens during the
// call.
import type { MessageType } from '@buddy-chat/protocol'
import { expect } from 'vitest'
import { iceCredentials } from '../../packages/buddy-server/src/sites/ice-credentials.ts'
import type { Visitor } from '../e2e/visitor.ts'
import {
  describeOnNetwork,
  meet,
  otherBrowser,
  test,
  turnByUdp,
  turnSecret,
  withTurn,
} from './fixtures.ts'
import { pathOf } from './path-in-use.ts'
import { candidatesOf, recordSent, sentMessages, signalsOf } from './sent-frames.ts'
import type { Home } from './virtual-network.ts'
import { serverAddress } from './virtual-network.ts'

/** Matches the addresses of homes inside and outside their routers, and mDNS names. */
const ownAddress = /\b10\.\d+\.0\.\d+\b|\b203\.0\.113\.[1-9]\d\b|\.local\b/

/**
 * Checks that the visitor's page has sent no candidates but relay candidates.
 * @param since the type of the first message to check; earlier messages are ignored
 */
async function expectHidden(visitor: Visitor, since?: MessageType): Promise<void> {
  const messages = await sentMessages(visitor)
  const first = since ? messages.findIndex(({ type }) => type === since) : 0
  expect(first).toBeGreaterThanOrEqual(0)
  const signals = signalsOf(messages.slice(first))
  const candidates = signals.flatMap(candidatesOf)
  expect(candidates.length).toBeGreaterThan(0)
  expect(candidates.filter((candidate) => !candidate.includes(' typ relay'))).toEqual([])
  expect(JSON.stringify(signals)).not.toMatch(ownAddress)
}

/**
 * Returns how often the ICE credentials have changed without a new peer connection, which has a new
 * `generation`.
 */
function restarts(signals: ReturnType<typeof signalsOf>): number {
  const names = signals.flatMap(({ description, generation }) => {
    const [name] = description?.sdp.match(/(?<=^a=ice-ufrag:).*$/m) ?? []
    return name === undefined ? [] : [`${generation ?? 0} ${name}`]
  })
  const generations = new Set(names.map((name) => name.split(' ')[0]))
  return new Set(names).size - generations.size
}

describeOnNetwork('hiding addresses behind a relay', () => {
  const callTraits = {
    settings: { ...withTurn(turnByUdp), REMATCH_DELAY_SECONDS: '0' },
    browser: otherBrowser,
  } as const

  test(`relayonly, Chromium and ${otherBrowser}: clients send no address of their own in ticket, call, ICE restart, new connection and Next`, async ({
    openPages,
  }) => {
    const { ana, bob, home } = await openPages({ ...callTraits, query: '&relayonly' })
    await Promise.all([recordSent(ana), recordSent(bob)])
    await meet(ana, bob)

    home.blockUdp()
    await ana.waitForText('Still interrupted')
    home.restore()
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    home.changeAddress()
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    await ana.press('next-button')
    await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])

    await Promise.all([expectHidden(ana), expectHidden(bob)])
    // Checks that the messages contained everything that could reveal an address: offers, ICE
    // restarts and a new connection.
    const both = [await sentMessages(ana), await sentMessages(bob)]
    const all = both.flat()
    const signals = signalsOf(all)
    expect(all.some((message) => message.type === 'ticket' && message.offer)).toBe(true)
    expect(all.some((message) => message.type === 'next' && message.offer)).toBe(true)
    expect(signals.some(({ generation }) => (generation ?? 0) > 0)).toBe(true)
    expect(Math.max(...both.map((sent) => restarts(signalsOf(sent))))).toBeGreaterThan(0)
  })

  test(`relayuntiltrusted, Chromium and ${otherBrowser}: addresses are hidden until both users agree; the call then becomes direct without an interruption; the next partner sees no address`, async ({
    openPages,
  }) => {
    const { ana, bob } = await openPages({ ...callTraits, query: '&relayuntiltrusted' })
    await Promise.all([recordSent(ana), recordSent(bob)])
    await meet(ana, bob)
    expect(await pathOf(ana)).toMatchObject({ local: 'relay', remote: 'relay' })

    await ana.press('trust-button')
    await Promise.all([
      ana.waitForText('Bob has not agreed yet'),
      bob.waitForText('Ana would like to connect directly.'),
    ])
    await Promise.all([expectHidden(ana), expectHidden(bob)])
    await bob.press('agree-button')
    await Promise.all([ana, bob].map((visitor) => visitor.waitForText('You both agreed.')))
    await expect
      .poll(async () => Object.values(await pathOf(ana)), { timeout: 20_000 })
      .not.toContain('relay')
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
    const names = [...(await ana.record()).events, ...(await bob.record()).events]
    expect(names.map(({ name }) => name)).toEqual(['match', 'match'])

    await ana.press('next-button')
    await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
    await Promise.all([expectHidden(ana, 'next'), expectHidden(bob, 'next')])
    await ana.waitForText('Connect directly')
  })

  test('relayonly without a TURN server: the client sends no signal, and the element shows why there is no call', async ({
    network,
    startServer,
    visit,
  }) => {
    const url = await startServer({ ICE_SERVERS: `stun:${serverAddress}:3478` })
    const ana = await visit(network.addHome('ana'), `${url}/?name=Ana&relayonly`)
    await recordSent(ana)
    await ana.press('start-button')
    await ana.waitForText('Your address could not be hidden')
    expect(signalsOf(await sentMessages(ana))).toEqual([])
    expect(await ana.state()).toBe('closed')
  })

  test('the TURN server rejects expired credentials', async ({
    network,
    startTurn,
    startServer,
    visit,
  }) => {
    await startTurn()
    const url = await startServer()
    const ana = await visit(network.addHome('ana'), url)
    const credentials = (ttlMs: number): RTCIceServer => ({
      urls: turnByUdp,
      ...iceCredentials({ secret: turnSecret, user: 'ana', ttlMs, nowMs: Date.now() }),
    })
    expect(await gather(ana, credentials(60_000))).toEqual({ candidates: 1, errors: [] })
    expect(await gather(ana, credentials(-60_000))).toEqual({ candidates: 0, errors: [401] })
  })

  test('the TURN server relays no packets into private networks', async ({
    network,
    startTurn,
  }) => {
    await startTurn()
    const { machine } = network.addHome('ana')
    for (const address of ['10.0.0.5', '172.16.0.5', '192.168.0.5']) {
      expect(await tunnel(machine, address)).toContain('403')
    }
    expect(await tunnel(machine, serverAddress)).not.toContain('403')
  })
})

/**
 * Sends packets to `address` through the TURN server with coturn's client. Resolves with the first
 * line of its output that contains a result.
 */
async function tunnel(machine: Home['machine'], address: string): Promise<string> {
  const args = ['-n', '1', '-W', turnSecret, '-e', address, serverAddress]
  const program = machine.spawn('turnutils_uclient', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const result = await new Promise<string>((resolve) => {
    let output = ''
    const look = (chunk: Buffer): void => {
      output += chunk.toString()
      const [first] = /^.*(?:error|tot_send_msgs=[1-9]).*$/m.exec(output) ?? []
      if (first !== undefined) resolve(first)
    }
    program.stdout?.on('data', look)
    program.stderr?.on('data', look)
  })
  program.kill('SIGKILL')
  return result
}

/**
 * Gathers candidates from one TURN server. Resolves with the number of candidates, and with the
 * error codes.
 */
function gather(
  visitor: Visitor,
  server: RTCIceServer,
): Promise<{ candidates: number; errors: number[] }> {
  return visitor.page.evaluate(async (iceServer) => {
    const connection = new RTCPeerConnection({
      iceServers: [iceServer],
      iceTransportPolicy: 'relay',
    })
    const errors: number[] = []
    let candidates = 0
    connection.addEventListener('icecandidateerror', ({ errorCode }) => errors.push(errorCode))
    connection.createDataChannel('')
    await new Promise<void>((resolve) => {
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.candidate) candidates++
        else resolve()
      })
      void connection.setLocalDescription()
    })
    connection.close()
    return { candidates, errors }
  }, server)
}
