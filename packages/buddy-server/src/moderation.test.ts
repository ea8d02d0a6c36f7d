import type { Message } from '@buddy-chat/protocol'
import { beforeEach, expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { tell } from './handlers/context.ts'
import { Moderation } from './moderation.ts'
import type { Session } from './sessions/session.ts'

/** Calls back as soon as it is moved so far. */
class ManualClock implements Clock {
  #nowMs = 0
  timers: { atMs: number; callback: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.timers.push(timer)
    return () => (this.timers = this.timers.filter((other) => other !== timer))
  }

  every(): () => void {
    throw new Error('not used here')
  }

  advance(byMs: number): void {
    this.#nowMs += byMs
    const due = this.timers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.timers = this.timers.filter((timer) => !due.includes(timer))
    for (const { callback } of due) callback()
  }
}

interface Question {
  readonly text: string
  readonly answer: (isAllowed: boolean) => void
  readonly fail: (error: Error) => void
}

let clock: ManualClock
let moderation: Moderation
/** What the hook was asked. */
let questions: Question[]
/** What came of it: lines that passed, and errors told to the author, in order. */
let outcomes: string[]
let failures: string[]
let author: Session

const enterRoom = (id: string): void => {
  author.room = { id, members: [author, author], openedAtMs: 0 }
}
const say = (text: string): void => moderation.judge(author, text, () => outcomes.push(text))
/** Lets everything happen that follows at once. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  clock = new ManualClock()
  questions = []
  outcomes = []
  failures = []
  author = {
    id: 'ana',
    identity: { site: '', name: 'Ana', subject: undefined },
    send: (message: Message) => message.type === 'error' && outcomes.push(`! ${message.code}`),
  } as unknown as Session
  moderation = new Moderation({
    clock,
    rooms: { partnerOf: ({ room }) => room && author },
    onText: ({ text }) =>
      new Promise((answer, fail) => {
        questions.push({ text, answer, fail })
      }),
    tell,
    onInternalError: (error) => failures.push((error as Error).message),
  })
  enterRoom('first')
})

test('a line without an answer is given up after 10 s, and those behind it are not', async () => {
  say('unanswered')
  say('behind it')
  questions[1]!.answer(true)
  await settled()
  clock.advance(9999)
  expect([outcomes, failures]).toEqual([[], []])
  clock.advance(1)
  expect(outcomes).toEqual(['! internal', 'behind it'])
  expect(failures).toEqual(['onText has not answered a line in 10 s'])
})

test('an answer after the time changes nothing, a failure is still told to the operator', async () => {
  say('one')
  say('two')
  clock.advance(10_000)
  questions[0]!.answer(true)
  questions[1]!.fail(new Error('of the program'))
  await settled()
  expect(outcomes).toEqual(['! internal', '! internal'])
  expect(failures).toHaveLength(3)
  expect(failures.at(-1)).toBe('of the program')
})

test('lines keep their order, whichever is answered first, and no timer is left', async () => {
  for (const text of ['one', 'two', 'three']) say(text)
  expect(questions.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  questions[2]!.answer(true)
  questions[1]!.answer(false)
  await settled()
  expect(outcomes).toEqual([])
  questions[0]!.answer(true)
  await settled()
  expect(outcomes).toEqual(['one', '! refused', 'three'])
  expect(clock.timers).toEqual([])
})

test('so many lines of one author wait; a further one is dropped by name until one is through', async () => {
  for (let line = 1; line <= 50; line++) say(`line ${line}`)
  say('too many')
  expect([questions.length, outcomes]).toEqual([50, ['! rate-limited']])
  questions[0]!.answer(true)
  await settled()
  say('again')
  expect(questions.at(-1)?.text).toBe('again')
})

test.each<[string, (question: Question) => void]>([
  ['allowed', ({ answer }) => answer(true)],
  ['refused', ({ answer }) => answer(false)],
  ['failed at', ({ fail }) => fail(new Error('of the program'))],
  ['given up', () => clock.advance(10_000)],
])('of a line that is %s when its room is over, no one there is told', async (_, decide) => {
  say('late')
  author.room = undefined
  decide(questions[0]!)
  await settled()
  enterRoom('second')
  expect(outcomes).toEqual([])
})

test('lines of a room that is over hold up none in the next, nor count among them', async () => {
  for (let line = 1; line <= 50; line++) say(`line ${line}`)
  enterRoom('second')
  say('hello')
  questions.at(-1)!.answer(true)
  await settled()
  expect(outcomes).toEqual(['hello'])
})

test('a line that fails to be passed on is told to the operator, and stops none behind it', async () => {
  moderation.judge(author, 'bad', () => {
    throw new Error('of the server')
  })
  say('good')
  questions[1]!.answer(true)
  questions[0]!.answer(true)
  await settled()
  expect([outcomes, failures]).toEqual([['good'], ['of the server']])
})
