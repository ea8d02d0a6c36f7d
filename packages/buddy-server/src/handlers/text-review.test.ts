import type { Message } from '@buddy-chat/protocol'
import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../clock.fixture.ts'
import type { Room } from '../engine/room.ts'
import type { PartnerLink } from '../sessions/partner-link.ts'
import type { Session } from '../sessions/session.ts'
import { TextReview } from './text-review.ts'

interface Question {
  readonly room: string
  readonly from: string
  readonly to: string
  readonly text: string
  readonly answer: (isAllowed: boolean) => void
  readonly fail: (error: Error) => void
}

let clock: ManualClock
let textReview: TextReview
/** The calls of the hook so far. */
let questions: Question[]
/** The results in order. Each is a relayed text, or an error that the author received. */
let outcomes: string[]
/** Messages of the errors that were reported to the operator. */
let failures: string[]
let author: Pick<Session, 'send'>
let partner: PartnerLink & { isOpen: boolean }

const seat = (sessionId: string) => ({
  sessionId,
  nodeId: '',
  name: '',
  subject: undefined,
  personKey: '',
})

const enterRoom = (id: string): void => {
  const seats = [seat('ana'), seat('bob')] as const
  const room: Room = { id, seats, site: '', lobby: '', mode: 'text', openedAtMs: 0 }
  partner = { room, self: seats[1], partner: seats[0], isOpen: true, pass: () => undefined }
}
const submit = (text: string): void =>
  textReview.review(author, partner, text, () => outcomes.push(text))
/** Waits until all pending promises have settled. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  clock = new ManualClock()
  questions = []
  outcomes = []
  failures = []
  author = {
    send: (message: Message) => {
      if (message.type === 'error') outcomes.push(`! ${message.code}`)
    },
  }
  textReview = new TextReview({
    clock,
    onText: ({ room, from, to, text }) =>
      new Promise((answer, fail) => {
        questions.push({ room, from: from.sessionId, to: to.sessionId, text, answer, fail })
      }),
    onInternalError: (error) => failures.push((error as Error).message),
  })
  enterRoom('first')
})

test('refuses a text with `internal` if there is no answer after 10 s, and relays the next texts', async () => {
  submit('unanswered')
  submit('next')
  questions[1]!.answer(true)
  await settled()
  clock.advance(9999)
  expect([outcomes, failures]).toEqual([[], []])
  clock.advance(1)
  expect(outcomes).toEqual(['! internal', 'next'])
  expect(failures).toEqual(['onText did not answer within 10 s'])
})

test('ignores an answer after the timeout, and still reports a failure to the operator', async () => {
  submit('one')
  submit('two')
  clock.advance(10_000)
  questions[0]!.answer(true)
  questions[1]!.fail(new Error('of the program'))
  await settled()
  expect(outcomes).toEqual(['! internal', '! internal'])
  expect(failures).toHaveLength(3)
  expect(failures.at(-1)).toBe('of the program')
})

test('relays texts in order, regardless of the order of the answers, and leaves no timer', async () => {
  for (const text of ['one', 'two', 'three']) submit(text)
  expect(questions.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  questions[2]!.answer(true)
  questions[1]!.answer(false)
  await settled()
  expect(outcomes).toEqual([])
  questions[0]!.answer(true)
  await settled()
  expect(outcomes).toEqual(['one', '! refused', 'three'])
  expect(clock.size).toBe(0)
})

test('refuses a text with `rate-limited` while 50 texts of its author wait', async () => {
  for (let count = 1; count <= 50; count++) submit(`text ${count}`)
  submit('too many')
  expect([questions.length, outcomes]).toEqual([50, ['! rate-limited']])
  questions[0]!.answer(true)
  await settled()
  submit('again')
  expect(questions.at(-1)?.text).toBe('again')
})

test.each<[string, (question: Question) => void]>([
  ['the hook allows it', ({ answer }) => answer(true)],
  ['the hook refuses it', ({ answer }) => answer(false)],
  ['the hook fails', ({ fail }) => fail(new Error('of the program'))],
  ['the hook does not answer in time', () => clock.advance(10_000)],
])('ignores a text whose room has ended, even if %s', async (_, decide) => {
  submit('late')
  partner.isOpen = false
  decide(questions[0]!)
  await settled()
  enterRoom('second')
  expect(outcomes).toEqual([])
})

test('texts in a new room do not wait for texts of the previous room', async () => {
  for (let count = 1; count <= 50; count++) submit(`text ${count}`)
  enterRoom('second')
  submit('hello')
  questions.at(-1)!.answer(true)
  await settled()
  expect(outcomes).toEqual(['hello'])
})

test('calls the hook with the room, the author, the partner and the text', () => {
  submit('hello')
  expect(questions[0]).toMatchObject({ room: 'first', from: 'bob', to: 'ana', text: 'hello' })
})

test('reports an error if relaying a text throws, and relays the next texts', async () => {
  textReview.review(author, partner, 'bad', () => {
    throw new Error('of the server')
  })
  submit('good')
  questions[1]!.answer(true)
  questions[0]!.answer(true)
  await settled()
  expect([outcomes, failures]).toEqual([['good'], ['of the server']])
})
