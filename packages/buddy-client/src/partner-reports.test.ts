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

test('reports the latest partner, or the one of a room', () => {
  reports.handleMatched('first')
  reports.handleMatched('second')
  reports.report('spam')
  reports.report('nudity', 'first')
  expect(sent).toEqual([
    { type: 'report', reason: 'spam', room: 'second' },
    { type: 'report', reason: 'nudity', room: 'first' },
  ])
})

test('throws `not-in-call` without a partner, also in a new session of the server', () => {
  expect(() => reports.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
  reports.handleMatched('first')
  reports.handleWelcome(false)
  expect(() => reports.report('spam')).toThrow(expect.objectContaining({ code: 'not-in-call' }))
})

test('throws `server-unreachable` if the report can be neither sent nor kept', () => {
  reports.handleMatched('first')
  accepts = false
  const error = expect.objectContaining({ code: 'server-unreachable' })
  expect(() => reports.report('spam')).toThrow(error)
})

test('emits `server-unreachable` if a kept report is lost with its session', () => {
  reports.handleMatched('first')
  isConnected = false
  reports.report('spam')
  reports.handleWelcome(false)
  reports.handleWelcome(false)
  expect(lost).toEqual(['server-unreachable'])
})

test('emits nothing if the session is resumed, which sends the kept report', () => {
  reports.handleMatched('first')
  isConnected = false
  reports.report('spam')
  reports.handleWelcome(true)
  reports.handleWelcome(false)
  expect(lost).toEqual([])
})
