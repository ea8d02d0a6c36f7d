import { expect, test } from 'vitest'
import { ManualClock } from '../manual-clock.fixture.ts'
import type { LinkSignal } from '../signal.ts'
import { createPartnerRates } from './partner-limits.ts'
import { maxCandidatesPerGeneration } from './partner-limits.ts'
import { SignalGate } from './signal-gate.ts'

/** The number of candidates on a machine with five networks, with STUN and three TURN servers. */
const mostPerGathering = 100
const line = (number: number): string =>
  `candidate:${number} 1 udp 1 10.0.${number >> 8}.${number & 255} 5000 typ host`
const trickle = (...lines: string[]): LinkSignal => ({
  description: null,
  candidates: lines.map((candidate) => ({ candidate, sdpMid: '0', usernameFragment: null })),
})
const range = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => line(from + index))
const offer = (ufrag: string, ...lines: string[]): LinkSignal => ({
  description: {
    type: 'offer',
    sdp: ['v=0', 'm=audio 9 x 0', `a=ice-ufrag:${ufrag}`, ...lines.map((each) => `a=${each}`)].join(
      '\n',
    ),
  },
  candidates: [],
})

/** Creates a gate whose clock is advanced by `wait`. */
function createGate() {
  const clock = new ManualClock()
  const budget = createPartnerRates(clock)
  const gate = new SignalGate({ kinds: ['audio'], candidates: budget.candidates })
  const admit = (signal: LinkSignal): number => gate.admit(signal).candidates.length
  return { gate, admit, wait: (ms: number) => clock.advance(ms) }
}

test('passes each candidate once', () => {
  const { admit } = createGate()
  expect(admit(trickle(line(1), line(2), line(1)))).toBe(2)
  expect(admit(trickle(line(2), line(3)))).toBe(1)
})

test('drops candidates that no browser sends, without counting them', () => {
  const { gate, admit } = createGate()
  for (let number = 0; number < 10_000; number++) {
    expect(admit(trickle(`candidate:${number} 1 udp 1 224.0.0.1 5000 typ host`))).toBe(0)
  }
  const stale = { candidate: line(1), sdpMid: '0', usernameFragment: 'no ufrag' }
  expect(gate.admit({ description: null, candidates: [stale] }).candidates).toEqual([])
  expect(admit(trickle(...range(0, maxCandidatesPerGeneration)))).toBe(maxCandidatesPerGeneration)
})

test('throws at the 257th candidate of a connection, including those in descriptions', () => {
  const { gate, admit } = createGate()
  gate.admit(offer('aaaa', ...range(0, 200)))
  expect(admit(trickle(...range(1000, 56)))).toBe(56)
  expect(() => admit(trickle(line(5000)))).toThrow('too many ICE candidates')
  expect(() => createGate().gate.admit(offer('aaaa', ...range(0, 300)))).toThrow('too many')
})

test('does not count candidates again that a later offer of the same connection repeats', () => {
  const { gate, admit } = createGate()
  const sdp = gate.admit(offer('aaaa', ...range(0, 200))).description?.sdp
  for (let time = 1; time <= 50; time++) {
    expect(gate.admit(offer('aaaa', ...range(0, 200))).description?.sdp).toBe(sdp)
  }
  expect(admit(trickle(...range(1000, 56)))).toBe(56)
})

test('removes from a description repeated candidates and those that no browser sends', () => {
  const { gate } = createGate()
  const { description } = gate.admit(
    offer('aaaa', line(1), line(1), 'candidate:1 1 udp 1 :: 1 typ host'),
  )
  expect(description?.sdp.match(/a=candidate/g)).toHaveLength(1)
})

test('passes 100 candidates for each of seven ICE restarts in a row, and then every 7 s for hours', () => {
  const { gate, admit, wait } = createGate()
  for (let restart = 0; restart < 1000; restart++) {
    gate.admit(offer(`u${restart}xx`))
    const lines = range(1000 * (restart % 60), mostPerGathering)
    expect(admit(trickle(...lines))).toBe(mostPerGathering)
    if (restart > 5) wait(7000)
  }
})

test('throws if there are ICE restarts every 2 s with 250 candidates each', () => {
  const { gate, admit, wait } = createGate()
  let admitted = 0
  expect(() => {
    for (let restart = 0; restart < 100; restart++) {
      gate.admit(offer(`u${restart}xx`))
      admitted += admit(trickle(...range(1000 * (restart % 60), 250)))
      wait(2000)
    }
  }).toThrow('too many ICE candidates')
  expect(admitted).toBeLessThan(1000)
})
