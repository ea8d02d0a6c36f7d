// Whatever is shown after a restart, in whatever order: nobody is in two rooms, nobody alone opens one.
import type { Message, MessageOf } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { defaultOptions } from './config/server-settings.ts'
import type { Core } from './core.ts'
import { CoreProcess } from './core.fixture.ts'
import { createCore } from './core.ts'
import { handleHello } from './handlers/hello.ts'
import { leave } from './handlers/leave.ts'
import { handleNext } from './handlers/next.ts'
import { relayText } from './handlers/relay.ts'
import { handleTicket } from './handlers/ticket.ts'
import { Bans } from './limits/bans.ts'
import type { Session } from './sessions/session.ts'

const resumeGraceMs = 30_000
const settings = {
  ...defaultOptions,
  secretKey: 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga',
  resumeGraceMs,
  rematchDelayMs: 0,
}
const upgrade = { origin: undefined, host: '', protocols: [], forwardedFor: '', remoteAddress: '' }
const wish = {
  type: 'ticket',
  mode: 'video',
  lobby: '',
  interests: [],
  languages: [],
  offer: null,
} as const
const fail = (error: unknown): never => {
  throw error
}

/** One server process, without sockets and with a clock moved by hand. */
class Process {
  readonly core: Core
  #nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  constructor() {
    const clock: Clock = {
      now: () => this.#nowMs,
      after: (delayMs, callback) => {
        const timer = { atMs: this.#nowMs + delayMs, callback }
        this.#timers.push(timer)
        return () => (this.#timers = this.#timers.filter((other) => other !== timer))
      },
      every: () => () => undefined,
    }
    this.core = createCore({
      settings: () => settings,
      clock,
      notify: () => undefined,
      hooks: {},
      bans: new Bans(clock.now),
      addressOf: () => '',
      onRelayed: () => undefined,
      onInternalError: fail,
    })
  }

  advance(byMs: number): void {
    this.#nowMs += byMs
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => !due.includes(timer))
    for (const { callback } of due) callback()
  }

  /** Says hello as a connection does. Returns the session and what it is sent, from its welcome on. */
  async hello(
    resume: MessageOf<'hello'>['resume'],
  ): Promise<{ session: Session; heard: Message[]; welcome: MessageOf<'welcome'> }> {
    const heard: Message[] = []
    const link = {
      sendFrame: (frame: Uint8Array) => void heard.push(decode(frame.slice())!),
      requestAcknowledgement: () => undefined,
      close: () => undefined,
    }
    const hello = { type: 'hello', name: 'Ana', site: '', client: '', token: null, resume } as const
    const caller = { upgrade, addressKey: '', link, isConnected: () => true }
    const joined = await handleHello(hello, caller, this.core.hello)
    if ('code' in joined) throw new Error(joined.message)
    const { session, restored } = joined
    const welcome = this.core.welcome(joined)
    if (restored) this.core.handlers.reunions.handleRestored(session, restored.seat)
    return { session, heard, welcome }
  }

  /** Fails where a room and its members are not of one mind, or anybody is in two places. */
  checkRooms(): void {
    const { sessions, rooms, matchmaker } = this.core
    const seated = [...sessions].filter(({ room }) => room)
    expect(seated).toHaveLength(rooms.size * 2)
    for (const session of seated) {
      expect(session.room!.members.filter((member) => member === session)).toHaveLength(1)
      for (const member of session.room!.members) expect(member.room).toBe(session.room)
      expect(sessions.find(session.id)).toBe(session)
      expect(session.isSearching).toBe(false)
    }
    expect(matchmaker.size + seated.length).toBeLessThanOrEqual(sessions.size)
  }
}

interface Proof {
  readonly sessionId: string
  readonly resumeToken: string
  /** Of every room it was ever in. */
  readonly roomTokens: readonly string[]
  /** The room that a token is of. */
  readonly rooms: ReadonlyMap<string, string>
}

/** People who met in all kinds of pairs, and everything they could show of that. */
async function history(count: number, rounds: number): Promise<Proof[]> {
  const process = new Process()
  const people = []
  for (let index = 0; index < count; index++) people.push(await process.hello(null))
  for (let round = 0; round < rounds; round++) {
    for (const { session } of people) leave(session, 'left', process.core.handlers)
    // A different order, so that other two meet.
    for (let index = 0; index < count; index++) {
      const { session } = people[(index * (round + 1) + round) % count]!
      handleTicket(session, wish, process.core.handlers)
    }
  }
  return people.map(({ session, heard, welcome }) => {
    const matches = heard.filter((message) => message.type === 'matched')
    return {
      sessionId: session.id,
      resumeToken: welcome.resumeToken!,
      roomTokens: matches.map(({ roomToken }) => roomToken!),
      rooms: new Map(matches.map(({ roomToken, room }) => [roomToken!, room])),
    }
  })
}

const people = 5
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hello' as const),
      who: fc.nat({ max: people - 1 }),
      /** Which of the room tokens there are, one's own or anybody's; one too many is none. */
      token: fc.nat({ max: 16 }),
      isOwn: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constantFrom('next', 'ticket', 'leave', 'text', 'away', 'end'),
    who: fc.nat({ max: people - 1 }),
  } as const),
  fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(100, 5000, 40_000) }),
)

test('nobody is ever in two rooms, and a room opens only between two who both named it', async () => {
  const proofs = await history(people, 4)
  const everyToken = proofs.flatMap(({ roomTokens }) => roomTokens)
  let reopened = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const process = new Process()
      const { handlers, sessions } = process.core
      /** The room that each has named on coming back, by session. */
      const named = new Map<string, string | undefined>()
      const here: (Session | undefined)[] = []
      for (const next of steps) {
        if (next.kind === 'time') process.advance(next.ms)
        else if (next.kind === 'hello') {
          const { resumeToken: token, roomTokens, rooms, sessionId } = proofs[next.who]!
          // Of one's own mostly the latest, as a client would: else hardly two ever name the same.
          const own = roomTokens.at(next.token < 12 ? -1 : next.token - 17)
          const roomToken = (next.isOwn ? own : everyToken[next.token]) ?? null
          const isKnown = sessions.find(sessionId) !== undefined
          const { session } = await process.hello({ token, received: 0, sent: 0, roomToken })
          here[next.who] = session
          if (!isKnown && session.id === sessionId) {
            named.set(sessionId, roomToken === null ? undefined : rooms.get(roomToken))
          }
        } else {
          const session = here[next.who]
          if (!session || sessions.find(session.id) !== session) continue
          if (next.kind === 'next') handleNext(session, { type: 'next', offer: null }, handlers)
          else if (next.kind === 'ticket') handleTicket(session, wish, handlers)
          else if (next.kind === 'leave') leave(session, 'left', handlers)
          else if (next.kind === 'text') {
            relayText.handle(session, encode({ type: 'text', text: 'hi' }), handlers)
          } else if (next.kind === 'end') sessions.end(session, 'left')
          else if (session.link) sessions.detach(session, session.link, false)
        }
        process.checkRooms()
        for (const { room } of sessions) {
          const former = proofs.some(({ rooms }) => [...rooms.values()].includes(room?.id ?? ''))
          if (!room || !former) continue
          reopened++
          expect(room.members.map(({ id }) => named.get(id))).toEqual([room.id, room.id])
        }
      }
      process.advance(2 * resumeGraceMs)
      process.checkRooms()
      expect(handlers.reunions.size).toBe(0)
    }),
    { numRuns: 300 },
  )
  // The property says nothing where no room ever opens again.
  expect(reopened).toBeGreaterThan(10)
})

test('a server is young for the grace time, to the millisecond; and waits no longer for anybody', async () => {
  const [one, other] = await history(2, 1)
  const show = ({ resumeToken: token, roomTokens }: Proof): MessageOf<'hello'>['resume'] => ({
    token,
    received: 0,
    sent: 0,
    roomToken: roomTokens[0]!,
  })
  const process = new Process()
  process.advance(resumeGraceMs - 1)
  const back = await process.hello(show(one!))
  expect(back).toMatchObject({ welcome: { isRestored: true }, heard: [{ type: 'partner-away' }] })
  process.advance(1)
  expect(back.heard[1]).toEqual({ type: 'partner-left', reason: 'lost' })
  const late = await process.hello(show(other!))
  expect(late.welcome).toMatchObject({ isRestored: false, received: null })
})

test('a longer grace time by a reload restores no session that this process has had and ended', async () => {
  const server = new CoreProcess({ resumeGraceMs })
  const ana = await server.join()
  const { id } = ana.session
  ana.say({ type: 'leave' })
  server.core.sessions.end(ana.session, 'left')
  server.clock.advance(resumeGraceMs)
  await server.join()
  server.settings = { ...server.settings, resumeGraceMs: 10 * resumeGraceMs }
  const again = await server.join('192.0.2.1', { resume: { ...ana.resume, sent: 1 } })
  expect(again.of('welcome')).toMatchObject([{ isRestored: false, received: null }])
  expect(again.session.id).not.toBe(id)
})
