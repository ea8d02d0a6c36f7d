import type { ClientMessage } from '@buddy-chat/protocol'
import { beforeEach, expect, test } from 'vitest'
import { PartnerReports } from './partner-reports.ts'

let sent: ClientMessage[]
let lost: string[]
let isConnected: boolean
let accepts: boolean
let reports: PartnerReports

beforeEach(() => {
  sent = []
  lost = []
  isConnected = accepts = true
  reports = new PartnerReports({
    isConnected: () => isConnected,
    send: (message) => {
      if (accepts) sent.push(message)
      return accepts
    },
    onLost: ({ code }) => lost.push(code),
  })
})

test('reports and blocks the latest partner, or the partner of the given room', () => {
  reports.handleMatched('first')
  reports.handleMatched('second')
  reports.report('spam', {})
  reports.report('nudity', { room: 'first', note: 'a note', still: 'anBn' })
  expect(sent).toEqual([
    { type: 'report', reason: 'spam', room: 'second' },
    { type: 'block', room: 'second' },
    { type: 'report', reason: 'nudity', room: 'first', note: 'a note', still: 'anBn' },
    { type: 'block', room: 'first' },
  ])
})

test('throws `not-in-call` before the first partner, also of a new session', () => {
  expect(() => reports.report('spam', {})).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  reports.handleMatched('first')
  reports.handleWelcome(false)
  expect(() => reports.report('spam', {})).toThrow(expect.objectContaining({ code: 'not-in-call' }))
})

test('throws `server-unreachable` if the report can be neither sent nor kept', () => {
  reports.handleMatched('first')
  accepts = false
  const error = expect.objectContaining({ code: 'server-unreachable' })
  expect(() => reports.report('spam', {})).toThrow(error)
})

test('calls `onLost` once with `server-unreachable` if a report was kept and the session is not resumed', () => {
  reports.handleMatched('first')
  isConnected = false
  reports.report('spam', {})
  reports.handleWelcome(false)
  reports.handleWelcome(false)
  expect(lost).toEqual(['server-unreachable'])
})

test('does not call `onLost` if the session is resumed, because that sends the kept report', () => {
  reports.handleMatched('first')
  isConnected = false
  reports.report('spam', {})
  reports.handleWelcome(true)
  reports.handleWelcome(false)
  expect(lost).toEqual([])
})

test('calls `onLost` once if the run ends while a report is kept', () => {
  reports.handleMatched('first')
  reports.end()
  isConnected = false
  reports.report('spam', {})
  reports.end()
  reports.end()
  expect(lost).toEqual(['server-unreachable'])
})
