// The effects of reports: the rules of the site, the decisions of the operator, and the messages to clients.
import type { ReportReason } from '@buddy-chat/protocol'
import { describe, expect, test } from 'vitest'
import type { SiteOptions } from '../config/site-settings.ts'
import { MemoryStore } from '../safety/memory-store.ts'
import type { DecisionRequest, Moderation } from '../safety/moderation.ts'
import { ModerationError } from '../safety/moderation.ts'
import { StoreError } from '../safety/store.ts'
import type { TestClient } from './core.fixture.ts'
import { TestServer } from './core.fixture.ts'

const minuteMs = 60_000
const slowedSearchMs = 7000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** A server with a store, and the people on it. */
class Town {
  readonly server: TestServer
  readonly store = new MemoryStore()
  #count = 0

  constructor(settings: ConstructorParameters<typeof TestServer>[0] = {}) {
    this.server = new TestServer({
      rematchDelayMs: 0,
      avoidRecentMs: 0,
      slowedSearchMs,
      ...settings,
    })
    this.server.core.openStore(this.store)
  }

  get moderation(): Moderation {
    return this.server.core.safety.moderation
  }

  /** Lets a new visitor join, from an address of its own. */
  join(address = `198.51.100.${++this.#count}`, hello = {}): Promise<TestClient> {
    return this.server.join(address, hello)
  }

  /** Lets the browser of a client open another session. */
  joinAgain(client: TestClient, address?: string, hello = {}): Promise<TestClient> {
    return this.join(address, { visitor: client.of('welcome')[0]!.visitorToken, ...hello })
  }

  /** Matches two clients. Returns the id of their room. */
  meet(one: TestClient, other: TestClient): string {
    const lobby = `meeting ${++this.#count}`
    for (const client of [one, other]) client.enter({ lobby })
    // A person whose searches are slowed is matched only after a while.
    if (!one.session.participant.room) this.server.clock.advance(slowedSearchMs)
    return one.session.participant.room!.id
  }

  /** Lets a client report another, in a room of their own. */
  report(from: TestClient, about: TestClient, reason: ReportReason = 'spam'): void {
    from.send({ type: 'report', reason, room: this.meet(from, about) })
  }

  /** Lets this many independent people report a client, each a minute and more after the one before. */
  async reportByMany(
    count: number,
    about: TestClient,
    reason: ReportReason = 'spam',
  ): Promise<void> {
    for (let index = 0; index < count; index++) {
      this.server.clock.advance(minuteMs + 1)
      this.report(await this.join(), about, reason)
    }
  }

  personId(state: 'open' | 'decided' = 'open'): string {
    return this.moderation.reports({ state })[0]!.personId
  }

  decide(request: Partial<DecisionRequest> & Pick<DecisionRequest, 'kind'>): void {
    this.moderation.decide(this.personId(), { reason: 'spam', durationMs: null, ...request }, 'kim')
  }
}

const kinds = (client: TestClient): unknown[] => client.of('measure').map(({ kind }) => kind)
const errors = (client: TestClient): unknown[] => client.of('error').map(({ code }) => code)

describe('reports', () => {
  test('a person’s reports about the same person count once, also alternating with others and in another session', async () => {
    const town = new Town()
    const [ana, bob, cleo] = [await town.join(), await town.join(), await town.join()]
    const [tab, tabOfBob] = [await town.joinAgain(ana), await town.joinAgain(bob)]
    // The rooms come first, because a reported pair does not meet again.
    const rooms = [
      ...[bob, cleo, bob, cleo, tabOfBob].map((about) => [ana, town.meet(ana, about)] as const),
      [tab, town.meet(tab, bob)] as const,
    ]
    for (const [from, room] of rooms) from.send({ type: 'report', reason: 'spam', room })
    const groups = town.moderation.reports()
    expect(groups.map(({ total }) => total)).toEqual([1, 1])
    expect(town.server.events.filter(([name]) => name === 'reported')).toHaveLength(2)
  })

  test('keeps the note without control characters, and the picture only if it is one', async () => {
    const town = new Town()
    const picture = Buffer.of(0xff, 0xd8, 0xff, 0, 0xff, 0xd9).toString('base64')
    const bob = await town.join()
    for (const [note, still] of [
      ['he \u202E\u0007 said', picture],
      ['', '<svg>'],
    ] as const) {
      const from = await town.join()
      from.send({ type: 'report', reason: 'other', room: town.meet(from, bob), note, still })
    }
    const { reports } = town.moderation.reports()[0]!
    expect(reports).toMatchObject([
      { note: null, hasStill: false },
      { note: 'he said', hasStill: true },
    ])
    expect(town.moderation.still(reports[0]!.id)).toBeUndefined()
    expect(Buffer.from(town.moderation.still(reports[1]!.id)!).toString('base64')).toBe(picture)
  })

  test('keeps no picture if the operator wants none, and twenty from one address', async () => {
    const still = Buffer.of(0xff, 0xd8, 0xff, 0, 0xff, 0xd9).toString('base64')
    for (const [areStillsKept, expected] of [
      [false, 0],
      [true, 20],
    ] as const) {
      const town = new Town({ areStillsKept, banAfterReports: 0, maxUsers: 1000 })
      for (let count = 0; count < 22; count++) {
        const [from, about] = [await town.join('203.0.113.1'), await town.join()]
        from.send({ type: 'report', reason: 'spam', room: town.meet(from, about), still })
        from.disconnect()
      }
      const kept = town.moderation
        .reports({ limit: 200 })
        .filter(({ reports }) => reports[0]!.hasStill)
      expect(kept).toHaveLength(expected)
    }
  })

  test('a person who reports every partner counts less, also in a later session', async () => {
    const town = new Town()
    const ana = await town.join()
    const weights: number[] = []
    for (let count = 0; count < 6; count++) {
      const from = count < 5 ? ana : await town.joinAgain(ana)
      const about = await town.join()
      town.report(from, about)
      const group = town.moderation
        .reports()
        .find(({ sessionIds }) => sessionIds.includes(about.session.id))
      weights.push(Math.round(group!.weight * 10) / 10)
    }
    expect(weights).toEqual([1, 1, 1, 0.1, 0.1, 0.1])
  })
})

describe('rules', () => {
  test('three independent reports within an hour slow a person, and six ban for an hour', async () => {
    const town = new Town()
    const bob = await town.join()
    await town.reportByMany(2, bob)
    expect(kinds(bob)).toEqual([])
    await town.reportByMany(1, bob, 'nudity')
    expect(bob.of('measure')).toMatchObject([{ kind: 'slowed', reason: 'spam', isAutomatic: true }])
    expect(town.server.core.safety.slowMsFor(bob.session.personKey)).toBe(slowedSearchMs)
    await town.reportByMany(2, bob)
    expect(kinds(bob)).toEqual(['slowed'])
    await town.reportByMany(1, bob)
    const untilMs = town.server.wallNow + hourMs
    expect(bob.of('measure')[1]).toMatchObject({ kind: 'ban', until: Math.ceil(untilMs / 1000) })
    expect([errors(bob), bob.closeReason]).toEqual([['banned'], 'banned'])
    expect(kinds(await town.joinAgain(bob))).toEqual(['ban'])
    // The reports stay open, so that the operator can look at them.
    expect(town.moderation.reports()[0]!.restrictions.map(({ kind }) => kind)).toEqual([
      'slow',
      'ban',
    ])
    town.server.clock.advance(hourMs)
    const again = await town.joinAgain(bob)
    expect([kinds(again), errors(again)]).toEqual([[], []])
    expect(town.server.core.safety.slowMsFor(again.session.personKey)).toBe(0)
  })

  test('reports from before the window count no longer', async () => {
    const town = new Town({ reportWindowMs: 10 * minuteMs, banAfterReports: 0 })
    const bob = await town.join()
    await town.reportByMany(2, bob)
    town.server.clock.advance(10 * minuteMs)
    await town.reportByMany(2, bob)
    expect(kinds(bob)).toEqual([])
    await town.reportByMany(1, bob)
    expect(kinds(bob)).toEqual(['slowed'])
  })

  test('reports from one address, and reports of a group that has just arrived, count once', async () => {
    const town = new Town({ slowAfterReports: 2 })
    const bob = await town.join()
    for (let count = 0; count < 5; count++) {
      town.server.clock.advance(minuteMs + 1)
      town.report(await town.join('203.0.113.7'), bob)
    }
    expect(kinds(bob)).toEqual([])
    const cleo = await town.join()
    for (let count = 0; count < 5; count++) town.report(await town.join(), cleo)
    expect(kinds(cleo)).toEqual([])
    town.server.clock.advance(minuteMs + 1)
    town.report(await town.join(), cleo)
    expect(kinds(cleo)).toEqual(['slowed'])
  })

  test('0 switches both rules off, and a site has rules of its own', async () => {
    const site: SiteOptions = { key: 'shop', allowedOrigins: ['*'], slowAfterReports: 1 }
    const town = new Town({ slowAfterReports: 0, banAfterReports: 0, sites: [site] })
    const bob = await town.join()
    await town.reportByMany(8, bob)
    expect(kinds(bob)).toEqual([])
    const shop = { site: 'shop' }
    const [ana, cleo] = [await town.join(undefined, shop), await town.join(undefined, shop)]
    town.report(ana, cleo)
    expect(kinds(cleo)).toEqual(['slowed'])
  })

  test('dismissed reports count no longer, and end what a rule has done', async () => {
    const town = new Town()
    const bob = await town.join()
    await town.reportByMany(6, bob)
    expect(bob.closeReason).toBe('banned')
    town.decide({ kind: 'dismiss' })
    const again = await town.joinAgain(bob)
    expect([kinds(again), errors(again)]).toEqual([[], []])
    await town.reportByMany(2, again)
    expect(kinds(again)).toEqual([])
    const made = town.moderation.decisions().map(({ kind, isAutomatic }) => [kind, isAutomatic])
    expect(made).toEqual([
      ['lift', false],
      ['lift', false],
      ['dismiss', false],
      ['ban', true],
      ['slow', true],
    ])
  })

  test('a lifted ban is not made again by the same reports', async () => {
    const town = new Town()
    const bob = await town.join()
    await town.reportByMany(6, bob)
    town.moderation.lift(town.moderation.bans()[0]!.id, 'kim')
    const again = await town.joinAgain(bob)
    await town.reportByMany(2, again)
    expect(errors(again)).toEqual([])
  })
})

describe('decisions', () => {
  test('a person receives a warning once: at once if connected, otherwise at the next visit', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    town.decide({ kind: 'warn', note: 'Be kind' })
    expect(bob.of('measure')).toMatchObject([
      { kind: 'warning', statement: 'Be kind', until: null },
    ])
    const cleo = await town.join()
    town.report(ana, cleo)
    cleo.send({ type: 'leave' })
    town.server.core.sessions.end(cleo.session, 'left')
    town.decide({ kind: 'warn' })
    expect(kinds(await town.joinAgain(cleo))).toEqual(['warning'])
    expect(kinds(await town.joinAgain(cleo))).toEqual([])
    expect(kinds(await town.joinAgain(bob))).toEqual([])
  })

  test.for(['resumes', 'does not come back'] as const)(
    'a warning to a session that is away reaches the person once, if it %s',
    async (what) => {
      const town = new Town()
      const [ana, bob] = [await town.join(), await town.join()]
      town.report(ana, bob)
      const { session } = bob
      bob.disconnect()
      town.decide({ kind: 'warn' })
      if (what === 'does not come back') town.server.core.sessions.end(session, 'lost')
      const again =
        what === 'resumes'
          ? await town.join(undefined, { resume: bob.resume })
          : await town.joinAgain(bob)
      expect(kinds(again)).toEqual(['warning'])
      expect(kinds(await town.joinAgain(bob))).toEqual([])
    },
  )

  test('a slowed person receives the measure at each visit, until its end', async () => {
    const town = new Town({ slowMs: hourMs })
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    town.decide({ kind: 'slow' })
    expect(kinds(await town.joinAgain(bob))).toEqual(['slowed'])
    town.server.clock.advance(hourMs)
    expect(kinds(await town.joinAgain(bob))).toEqual([])
  })

  test('a ban holds at one site, for the subject, the browser and the latest address', async () => {
    const site: SiteOptions = { key: 'shop', allowedOrigins: ['*'] }
    const town = new Town({ sites: [site], addressBanMs: dayMs })
    const [ana, bob] = [await town.join(), await town.join('203.0.113.1')]
    town.report(ana, bob)
    bob.disconnect()
    const moved = await town.join('203.0.113.2', { resume: bob.resume })
    town.decide({ kind: 'ban', durationMs: null })
    expect(moved.closeReason).toBe('banned')
    expect(errors(await town.join('203.0.113.1'))).toEqual([])
    const atAddress = await town.join('203.0.113.2')
    expect([kinds(atAddress), errors(atAddress)]).toEqual([['ban'], ['banned']])
    expect(errors(await town.joinAgain(bob))).toEqual(['banned'])
    expect(errors(await town.join('203.0.113.2', { site: 'shop' }))).toEqual([])
    // Another user gets the address.
    town.server.clock.advance(dayMs)
    expect(errors(await town.join('203.0.113.2'))).toEqual([])
    expect(errors(await town.joinAgain(bob))).toEqual(['banned'])
  })

  test('sends others at the address neither the operator’s text nor an end that does not hold for them', async () => {
    const town = new Town({ addressBanMs: hourMs })
    const bob = await town.join('203.0.113.1')
    town.report(await town.join(), bob)
    town.decide({ kind: 'ban', note: 'about bob' })
    const until = Math.ceil((town.moderation.bans()[0]!.atMs + hourMs) / 1000)
    const other = await town.join('203.0.113.1')
    expect(other.of('measure')).toMatchObject([{ kind: 'ban', until }])
    expect(other.of('measure')[0]!.statement ?? null).toBeNull()
    const tab = await town.joinAgain(bob)
    expect(tab.of('measure')).toMatchObject([{ statement: 'about bob' }])
    expect(tab.of('measure')[0]!.until ?? null).toBeNull()
  })

  test('refuses no address if the operator wants that', async () => {
    const town = new Town({ addressBanMs: 0 })
    const [ana, bob] = [await town.join(), await town.join('203.0.113.1')]
    town.report(ana, bob)
    town.decide({ kind: 'ban', durationMs: hourMs })
    expect(errors(await town.join('203.0.113.1'))).toEqual([])
    expect(errors(await town.joinAgain(bob, '203.0.113.1'))).toEqual(['banned'])
  })

  test('a lifted ban admits the person, the browser and the address, unless another ban holds', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join('203.0.113.1')]
    const cleo = await town.join('203.0.113.1')
    for (const about of [bob, cleo]) {
      town.report(ana, about)
      town.decide({ kind: 'ban', durationMs: hourMs })
      // Bans of one moment are in no particular order.
      town.server.clock.advance(1)
    }
    const [ofCleo, ofBob] = town.moderation.bans()
    town.moderation.lift(ofBob!.id, 'kim')
    expect(errors(await town.joinAgain(bob))).toEqual([])
    expect(errors(await town.join('203.0.113.1'))).toEqual(['banned'])
    town.moderation.lift(ofCleo!.id, 'kim')
    expect(errors(await town.join('203.0.113.1'))).toEqual([])
    expect(town.moderation.bans()).toEqual([])
  })

  test('a later ban of a person replaces the earlier one', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    const personId = town.personId()
    town.decide({ kind: 'ban', durationMs: null })
    town.moderation.decide(personId, { kind: 'ban', reason: 'spam', durationMs: hourMs }, 'kim')
    expect(town.moderation.bans()).toHaveLength(1)
    town.server.clock.advance(hourMs)
    expect(errors(await town.joinAgain(bob))).toEqual([])
  })

  test.each<[string, Partial<Record<keyof DecisionRequest, unknown>>, string?]>([
    ['an unknown kind', { kind: 'kick' }],
    ['a kind that objects have', { kind: 'toString' }],
    ['an unknown reason', { reason: 'constructor' }],
    ['no time', { durationMs: 0 }],
    ['a part of a millisecond', { durationMs: 0.5 }],
    ['a time beyond ten years', { durationMs: 3650 * dayMs + 1 }],
    ['a time that is a text', { durationMs: '5' }],
    ['a long note', { note: 'ü'.repeat(251) }],
    ['nobody who decides', {}, ' '],
    ['a long name', {}, 'k'.repeat(65)],
  ])('refuses %s, and changes nothing', async (_, change, by = 'kim') => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    const request = { kind: 'ban', reason: 'spam', durationMs: 5, ...change } as DecisionRequest
    const decided = town.moderation.decide(town.personId(), request, by)
    await expect(decided).rejects.toMatchObject({ code: 'invalid-decision' })
    expect(town.moderation.decisions()).toEqual([])
    expect(bob.closeReason).toBeUndefined()
  })

  test.each([0, -1, 0.5, NaN, Infinity, 3650 * dayMs + 1])(
    'refuses a ban by the program for %s ms',
    async (durationMs) => {
      const town = new Town()
      const bob = await town.join()
      const act = () => town.server.core.safety.ban(bob.session.id, durationMs)
      expect(act).toThrow(expect.objectContaining({ code: 'invalid-decision' }))
      expect(bob.closeReason).toBeUndefined()
      expect(town.server.core.safety.ban(bob.session.id, 3650 * dayMs)).toBe(true)
    },
  )

  test('refuses unknown people and bans by name', async () => {
    const { moderation } = new Town()
    const request = { kind: 'warn', reason: 'spam', durationMs: null } as const
    for (const act of [
      () => moderation.decide('x', request, 'kim'),
      () => moderation.lift('x', 'kim'),
    ]) {
      await expect(act).rejects.toThrow(ModerationError)
    }
  })
})

describe('pages', () => {
  test('pages of bans with one timestamp skip and repeat no ban, also if bans are added and lifted meanwhile', async () => {
    const town = new Town()
    const banOne = async () => {
      const client = await town.join()
      town.server.core.safety.ban(client.session.id, hourMs)
    }
    for (let index = 0; index < 5; index++) await banOne()
    const all = town.moderation.bans().map(({ id }) => id)
    expect(new Set(all).size).toBe(5)
    const seen: string[] = []
    for (let before: string | undefined; ;) {
      const page = town.moderation.bans({ limit: 2, before })
      const last = page.at(-1)
      if (!last) break
      seen.push(...page.map(({ id }) => id))
      before = last.cursor
      town.server.clock.advance(1)
      await banOne()
      town.moderation.lift(last.id, 'kim')
    }
    expect(seen).toEqual(all)
    expect(() => town.moderation.bans({ before: 'x' })).toThrow(ModerationError)
  })

  test('a page of reports is bounded during a brigade, and the pages together are complete', async () => {
    const town = new Town()
    const add = (personId: string, index: number): void =>
      town.store.addReport(
        {
          id: `${personId} ${index}`,
          atMs: town.server.wallNow,
          site: '',
          personId,
          sessionId: `session ${index}`,
          reporterId: `reporter ${index}`,
          reporterAddress: `address ${index}`,
          reporterSinceMs: 0,
          reporterMet: 9,
          weight: 1,
          reason: 'spam',
          note: 'ü'.repeat(250),
          room: 'room',
          mode: 'video',
          lobby: '',
          hasStill: false,
          decisionId: null,
        },
        undefined,
      )
    for (let person = 0; person < 60; person++) {
      for (let index = 0; index < 25; index++) add(`person ${person}`, index)
    }
    const seen: string[] = []
    for (let before: string | undefined; ;) {
      const page = town.moderation.reports({ limit: 200, before })
      if (page.length === 0) break
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(300_000)
      for (const { reports, sessionIds, total, reporters } of page) {
        expect([reports.length, sessionIds.length, total, reporters]).toEqual([20, 20, 25, 25])
      }
      seen.push(...page.map(({ personId }) => personId))
      before = page.at(-1)!.cursor
    }
    expect([seen.length, new Set(seen).size]).toEqual([60, 60])
    expect(() => town.moderation.reports({ before: '5' })).toThrow(ModerationError)
  })
})

describe('what is kept', () => {
  test('reports, people and warnings end with the retention, and a ban for good does not', async () => {
    const town = new Town({ retentionDays: 2, auditRetentionDays: 3 })
    const [ana, bob, cleo] = [await town.join(), await town.join(), await town.join()]
    town.report(ana, bob)
    town.decide({ kind: 'ban', durationMs: null })
    town.report(ana, cleo)
    town.server.clock.advance(2 * dayMs - hourMs)
    expect(town.moderation.reports()).toHaveLength(1)
    expect(town.moderation.reports({ state: 'decided' })).toHaveLength(1)
    town.server.clock.advance(2 * hourMs)
    expect(town.moderation.reports()).toEqual([])
    expect(town.moderation.reports({ state: 'decided' })).toEqual([])
    expect(town.moderation.decisions()).toHaveLength(1)
    town.server.clock.advance(dayMs)
    expect(town.moderation.decisions()).toEqual([])
    expect(await town.moderation.verifyAudit()).toMatchObject({ isIntact: true, entries: 0 })
    expect(errors(await town.joinAgain(bob))).toEqual(['banned'])
  })

  test('a store that fails ends no call and loses no ban, and the operator receives an event', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    const { transact } = town.store
    town.store.transact = () => {
      throw new StoreError('unwritable', 'the disk is full')
    }
    town.decide({ kind: 'ban', durationMs: hourMs })
    expect(bob.closeReason).toBe('banned')
    expect(town.moderation.bans()).toMatchObject([{ isStored: false }])
    expect(town.moderation.decisions()).toMatchObject([{ kind: 'ban' }])
    expect(errors(await town.joinAgain(bob))).toEqual(['banned'])
    const cleo = await town.join()
    town.report(ana, cleo)
    expect([errors(ana), errors(cleo)]).toEqual([[], []])
    const failures = () => town.server.events.filter(([name]) => name === 'storeFailed').length
    expect(failures()).toBe(1)
    town.store.transact = transact
    town.server.clock.advance(1000)
    expect(town.moderation.bans()).toMatchObject([{ isStored: true }])
    expect(town.store.measures()).toHaveLength(1)
    expect(town.moderation.reports()).toHaveLength(1)
    expect(await town.moderation.verifyAudit()).toMatchObject({ isIntact: true, entries: 1 })
    expect(town.server.events.at(-1)![0]).toBe('storeRecovered')
  })

  test('while the store fails, a report waits once, and the operator receives what is dropped', async () => {
    const town = new Town()
    const [ana, bob, cleo] = [await town.join(), await town.join(), await town.join()]
    town.report(ana, cleo)
    const { id } = cleo.session
    const tabs = [ana, await town.joinAgain(ana)]
    const rooms = tabs.map((tab) => [tab, town.meet(tab, bob)] as const)
    const { transact } = town.store
    town.store.transact = () => {
      throw new StoreError('unwritable', 'the disk is full')
    }
    for (const [from, room] of rooms) from.send({ type: 'report', reason: 'spam', room })
    const named = (name: string) => town.server.events.filter(([event]) => event === name)
    expect(named('reported')).toHaveLength(2)
    for (let index = 0; index < 20_001; index++) {
      try {
        town.server.core.safety.ban(id, hourMs)
      } catch (error) {
        expect(error).toMatchObject({ code: 'store-failed' })
      }
    }
    expect(named('storeDropped')).toEqual([['storeDropped', { kind: 'decision' }]])
    town.store.transact = transact
    town.server.clock.advance(60_000)
    expect(await town.moderation.verifyAudit()).toMatchObject({ isIntact: true, entries: 10_000 })
    expect(town.moderation.reports()).toMatchObject([{ total: 1 }])
    expect(named('storeFailed')).toHaveLength(1)
    expect(named('storeRecovered')).toHaveLength(1)
  })

  test('a server that stops while its store fails reports what it loses', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    town.report(ana, bob)
    town.store.transact = () => {
      throw new StoreError('unwritable', 'the disk is full')
    }
    town.decide({ kind: 'ban', durationMs: null })
    await town.server.core.safety.close()
    const [name, event] = town.server.events.at(-1)!
    expect([name, event]).toEqual([
      'storeFailed',
      {
        error: expect.objectContaining({
          message: expect.stringContaining('end with this process'),
        }),
      },
    ])
  })

  test('a store that cannot be read lets people report and join', async () => {
    const town = new Town()
    const [ana, bob] = [await town.join(), await town.join()]
    const fail = (): never => {
      throw new StoreError('broken', 'the file is damaged')
    }
    Object.assign(town.store, {
      hasReport: fail,
      findPersonOf: fail,
      reportsOf: fail,
      findTally: fail,
    })
    town.report(ana, bob)
    expect([errors(ana), ana.closeReason]).toEqual([[], undefined])
    expect(errors(await town.join())).toEqual([])
    expect(town.server.core.safety.ban('unknown', 1)).toBe(false)
  })

  test('the operator receives one event when a store cannot be read, and one when it can again', async () => {
    const town = new Town()
    const { findTally } = town.store
    let isBroken = false
    town.store.findTally = (personId) => {
      if (isBroken) throw new StoreError('broken', 'the file is damaged')
      return findTally.call(town.store, personId)
    }
    const named = () =>
      town.server.events.map(([name]) => name).filter((name) => name.startsWith('store'))
    const meet = async () => town.meet(await town.join(), await town.join())
    isBroken = true
    for (let index = 0; index < 5; index++) await meet()
    expect(named()).toEqual(['storeFailed'])
    isBroken = false
    await meet()
    expect(named()).toEqual(['storeFailed'])
    town.server.clock.advance(minuteMs)
    await meet()
    expect(named()).toEqual(['storeFailed', 'storeRecovered'])
    isBroken = true
    await meet()
    expect(named()).toEqual(['storeFailed', 'storeRecovered', 'storeFailed'])
  })
})

describe('visitors', () => {
  test('a browser that sends its token is the same person, and a forged or foreign token is a new one', async () => {
    const site: SiteOptions = { key: 'shop', allowedOrigins: ['*'] }
    const town = new Town({ sites: [site] })
    const ana = await town.join()
    const token = ana.of('welcome')[0]!.visitorToken!
    const key = (client: TestClient): string => client.session.personKey
    expect(key(await town.joinAgain(ana))).toBe(key(ana))
    expect(
      (await town.join(undefined, { visitor: token.slice(0, -1) })).session.personKey,
    ).not.toBe(key(ana))
    expect(key(await town.join())).not.toBe(key(ana))
    const there = await town.join(undefined, { visitor: token, site: 'shop' })
    const back = await town.join(undefined, { visitor: there.of('welcome')[0]!.visitorToken })
    expect([key(there), key(back)]).not.toContain(key(ana))
  })

  test('a restored session of another process is the same person', async () => {
    const former = new TestServer()
    const ana = await former.join()
    const restored = await new TestServer().join('192.0.2.1', {
      resume: { ...ana.resume, sent: 0 },
    })
    expect(restored.session.personKey).toBe(ana.session.personKey)
    expect(restored.session.id).toBe(ana.session.id)
  })
})
