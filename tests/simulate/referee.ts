import type { Ticket } from '../../packages/buddy-server/src/engine/ticket.ts'

/** The criteria of a search, and its start. */
export interface Search {
  readonly ticket: Ticket
  readonly person: string
  readonly sinceMs: number
}

/** The times of the matching rules, as in the options of the engine. */
export interface MatchingTimes {
  readonly widenInterestsMs: number
  readonly widenLanguagesMs: number
  readonly avoidRecentMs: number
  /** The number of recent partners that each person remembers. */
  readonly avoidRecentCount: number
}

const pairOf = (one: string, other: string): string =>
  one < other ? `${one}\n${other}` : `${other}\n${one}`

const haveCommon = (own: readonly string[], other: readonly string[]): boolean =>
  own.some((each) => other.includes(each))

/** Timers may fire slightly before the time that a ticket has to wait. */
const toleranceMs = 2

/** Checks every match against the rules in `docs/matching.md`. It shares no code with the engine. */
export class Referee {
  readonly #times: MatchingTimes
  readonly #blocked = new Set<string>()
  readonly #metAtMs = new Map<string, number>()
  /** The latest partners of each person, the latest one last. */
  readonly #partners = new Map<string, string[]>()
  /** The broken rules, each in one sentence. */
  readonly faults: string[] = []
  repeats = 0

  constructor(times: MatchingTimes) {
    this.#times = times
  }

  handleBlock(one: string, other: string): void {
    // Blocking another session of the same person has no effect.
    if (one === other) return
    this.#blocked.add(pairOf(one, other))
  }

  handleParted(one: string, other: string, nowMs: number): void {
    // Two sessions of one person may meet while no other person is present.
    if (one === other) return
    this.#metAtMs.set(pairOf(one, other), nowMs)
    for (const [person, partner] of [
      [one, other],
      [other, one],
    ] as const) {
      const earlier = this.#partners.get(person)?.filter((each) => each !== partner) ?? []
      this.#partners.set(person, [...earlier, partner].slice(-this.#times.avoidRecentCount))
    }
  }

  /** Checks a match of two searches. */
  judge(one: Search, other: Search, isRematch: boolean, nowMs: number): void {
    const reason = this.#findFault(one, other, isRematch, nowMs)
    if (reason) this.faults.push(`${one.person} met ${other.person} although ${reason}`)
    const metAtMs = this.#metAtMs.get(pairOf(one.person, other.person))
    if (metAtMs !== undefined && nowMs - metAtMs < this.#times.avoidRecentMs) this.repeats++
  }

  /** Whether the rules allow the two to meet now, if a room is free. Recent partners may have to wait. */
  mayMeet(one: Search, other: Search, nowMs: number): boolean {
    const metAtMs = this.#metAtMs.get(pairOf(one.person, other.person)) ?? -Infinity
    const isRecent = nowMs - metAtMs < this.#times.avoidRecentMs
    if (one.person === other.person) return false
    return !isRecent && this.#findFault(one, other, true, nowMs, -toleranceMs) === undefined
  }

  #findFault(
    { ticket: a, ...one }: Search,
    { ticket: b, ...other }: Search,
    isRematch: boolean,
    nowMs: number,
    slackMs = toleranceMs,
  ): string | undefined {
    const { widenInterestsMs, widenLanguagesMs, avoidRecentMs } = this.#times
    for (const name of ['site', 'lobby', 'mode', 'band'] as const) {
      if (a[name] !== b[name]) return `the ${name} differs`
    }
    const pair = pairOf(one.person, other.person)
    if (this.#blocked.has(pair)) return 'one of them has blocked the other'
    const metAtMs = this.#metAtMs.get(pair) ?? -Infinity
    const isRemembered =
      this.#partners.get(one.person)?.includes(other.person) &&
      this.#partners.get(other.person)?.includes(one.person)
    const isRecent = isRemembered && nowMs - metAtMs < avoidRecentMs - slackMs
    if (isRecent && !isRematch) return 'they have met recently, and `isRematch` is false'
    const hasWaited = (sinceMs: number, ms: number) => nowMs - sinceMs >= ms - slackMs
    const isFreeInInterests = ({ ticket, sinceMs }: Search) =>
      ticket.interestKeys.length === 0 ||
      (!ticket.keepsInterests && hasWaited(sinceMs, widenInterestsMs))
    const isFreeInLanguages = ({ ticket, sinceMs }: Search) =>
      ticket.languages.length === 0 ||
      (!ticket.keepsLanguages && hasWaited(sinceMs, widenLanguagesMs))
    const sides = [
      { ticket: a, ...one },
      { ticket: b, ...other },
    ]
    if (!haveCommon(a.interestKeys, b.interestKeys) && !sides.every(isFreeInInterests)) {
      return 'they have no interest in common, and not both have waited long enough'
    }
    const statesNone = a.languages.length === 0 || b.languages.length === 0
    const sharesLanguage = haveCommon(a.languages, b.languages)
    if (!statesNone && !sharesLanguage && !sides.every(isFreeInLanguages)) {
      return 'they have no language in common, and not both have waited long enough'
    }
    const satisfies = (asking: Ticket, asked: Ticket) =>
      asking.asks.every(({ attribute, values }) =>
        values.includes(asked.attributes[attribute] ?? ''),
      )
    if (!satisfies(a, b) || !satisfies(b, a)) return 'one lacks what the other asks for'
    return undefined
  }
}
