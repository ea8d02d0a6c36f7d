import { messages } from '@buddy-chat/protocol'
import type { MessageType } from '@buddy-chat/protocol'
import { expect, test } from 'vitest'
import type { Verdict } from './frame-limits.ts'
import { FrameLimits } from './frame-limits.ts'
import { droppedRate, otherRate, rates, relayedBytesRate, searchRateOfNew } from './frame-rates.ts'

/** Returns the verdicts for `count` small frames of one type at the same moment. */
function judge(
  limits: FrameLimits,
  type: MessageType | undefined,
  count: number,
  nowMs = 0,
): readonly Verdict[] {
  return Array.from({ length: count }, () => limits.judge(type, 10, nowMs))
}

const passed = (verdicts: readonly Verdict[]): number =>
  verdicts.filter(({ kind }) => kind === 'pass').length

const fromClients = Object.entries(messages)
  .filter(([, { direction }]) => direction !== 'server')
  .map(([type]) => type as MessageType)

test.for(fromClients)(
  'passes a burst of `%s`, drops the next, and passes more with time',
  (type) => {
    const { burst, perSecond } = type in rates ? rates[type as keyof typeof rates] : otherRate
    const limits = new FrameLimits()
    expect(passed(judge(limits, type, burst))).toBe(burst)
    const [next] = judge(limits, type, 1)
    // `leave` always passes, because a client must be able to leave.
    expect(next?.kind).toBe(type === 'leave' ? 'pass' : 'drop')
    if (type !== 'leave') expect(passed(judge(limits, type, perSecond * 3, 1000))).toBe(perSecond)
  },
)

test('limits the searches of new people, `next` and `ticket` together, until they are no longer new', () => {
  const isNewUntilMs = 100_000
  const countSearches = (limits: FrameLimits, fromMs: number): number => {
    let count = 0
    for (let nowMs = fromMs; nowMs < fromMs + 60_000; nowMs += 250) {
      count += passed(judge(limits, nowMs % 500 === 0 ? 'next' : 'ticket', 1, nowMs))
    }
    return count
  }
  const { burst, perSecond } = searchRateOfNew
  expect(countSearches(new FrameLimits(isNewUntilMs), 0)).toBeLessThanOrEqual(
    burst + perSecond * 60,
  )
  expect(countSearches(new FrameLimits(isNewUntilMs), isNewUntilMs)).toBe(240)
  expect(countSearches(new FrameLimits(), 0)).toBe(240)
})

test('counts unknown types together with the types that have no rate of their own', () => {
  const limits = new FrameLimits()
  expect(passed(judge(limits, undefined, otherRate.burst - 5))).toBe(otherRate.burst - 5)
  expect(passed(judge(limits, 'report', 10))).toBe(5)
})

test('a type that has used up its rate does not limit another type', () => {
  const limits = new FrameLimits()
  judge(limits, 'text', 50)
  expect(passed(judge(limits, 'signal', 50))).toBe(50)
  expect(passed(judge(limits, 'next', 10))).toBe(10)
})

test('reports drops with retryAfterMs once a second for each type', () => {
  const limits = new FrameLimits()
  judge(limits, 'text', rates.text.burst)
  expect(limits.judge('text', 10, 0)).toEqual({ kind: 'drop', retryAfterMs: 334 })
  expect(limits.judge('text', 10, 1)).toEqual({ kind: 'drop' })
  judge(limits, 'typing', rates.typing.burst)
  expect(limits.judge('typing', 10, 1)).toHaveProperty('retryAfterMs')
  judge(limits, 'text', rates.text.perSecond, 1000)
  expect(limits.judge('text', 10, 1000)).toHaveProperty('retryAfterMs')
})

test.for(['next', 'ticket'] as const)(
  'reports each dropped `%s`, because the client waits for an answer',
  (type) => {
    const limits = new FrameLimits()
    judge(limits, type, rates[type].burst)
    for (const verdict of judge(limits, type, 20)) expect(verdict).toHaveProperty('retryAfterMs')
  },
)

test('limits the bytes of relayed frames, whatever their number', () => {
  const limits = new FrameLimits()
  const size = 49_000
  const many = Math.floor(relayedBytesRate.burst / size)
  for (let time = 1; time <= many; time++) {
    expect(limits.judge('signal', size, 0).kind).toBe('pass')
  }
  expect(limits.judge('signal', size, 0).kind).toBe('drop')
  expect(limits.judge('text', 4000, 0).kind).toBe('pass')
  expect(limits.judge('signal', size, 1000).kind).toBe('pass')
})

test('returns `cut` after a flood of dropped frames, but not if frames are dropped slowly', () => {
  const flooded = new FrameLimits()
  const verdicts = judge(flooded, 'typing', rates.typing.burst + droppedRate.burst + 1)
  expect(verdicts.findIndex(({ kind }) => kind === 'cut')).toBe(
    rates.typing.burst + droppedRate.burst,
  )
  const slow = new FrameLimits()
  judge(slow, 'typing', rates.typing.burst)
  for (let second = 1; second <= 60; second++) {
    const kinds = judge(slow, 'typing', droppedRate.perSecond, second * 1000)
    expect(kinds.map(({ kind }) => kind)).not.toContain('cut')
  }
})

test('returns `cut` after a flood of `leave` frames', () => {
  const verdicts = judge(new FrameLimits(), 'leave', otherRate.burst + droppedRate.burst + 1)
  expect(verdicts.at(-1)).toEqual({ kind: 'cut' })
})
