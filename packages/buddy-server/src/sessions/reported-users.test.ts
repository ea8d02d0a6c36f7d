import { expect, test } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import { ReportedUsers } from './reported-users.ts'

const dayMs = 24 * 3_600_000
const target = { sessionId: 'bob', site: '', subject: undefined, addressKey: 'first' }

test('keeps the latest address of a reported user, for a day after the report', () => {
  const clock = new ManualClock()
  const users = new ReportedUsers(() => clock.now())
  users.add(target)
  clock.advance(1000)
  users.handleEnded({ ...target, addressKey: 'second' })
  clock.advance(dayMs - 1000)
  expect(users.find('bob')).toEqual({ ...target, addressKey: 'second' })
  clock.advance(1)
  expect(users.find('bob')).toBeUndefined()
})

test('keeps nothing of a user who was not reported', () => {
  const users = new ReportedUsers(() => 0)
  users.handleEnded(target)
  expect(users.find('bob')).toBeUndefined()
})
