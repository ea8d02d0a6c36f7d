import type { Entry } from '../history.ts'
import type { Findings, Rule } from './rule.ts'

interface Absence {
  readonly since: number
  /** The session that the client wants to resume. */
  readonly session: string
  /** The error codes and close codes that the client has received in attempts that failed. */
  readonly answers: string[]
}

/** A client that loses its connection resumes its session, or receives the reason why it cannot. */
export class SessionsRule implements Rule {
  readonly #findings: Findings
  readonly #absences = new Map<string, Absence>()
  #endedAt = 0

  constructor(findings: Findings) {
    this.#findings = findings
  }

  handle(entry: Entry): void {
    this.#endedAt = entry.t
    switch (entry.do) {
      case 'lost':
        this.#handleLost(entry)
        break
      case 'welcome':
        this.#handleWelcome(entry)
        break
      case 'matched': {
        const { requestedAt } = this.#findings.story.of(entry.c)
        this.#findings.wait(entry.t, 'for a partner', entry.t - requestedAt)
        break
      }
      case 'close':
        this.#absences.delete(entry.c)
        break
    }
  }

  finish(): void {
    const { violate, count } = this.#findings
    for (const [c, { since, session, answers }] of this.#absences) {
      const latest = answers.length === 0 ? 'no answer' : answers.at(-1)
      count(since, 'lost sessions')
      violate(
        since,
        'not resumed',
        `${c} lost its connection and did not resume session ${session} in ${Math.round(this.#endedAt - since)} ms: it received ${latest}`,
      )
    }
  }

  #handleLost({ t, c, k, code, error }: Entry & { readonly do: 'lost' }): void {
    const client = this.#findings.story.of(c)
    if (client.closedAt <= t || client.session === '') return
    const known = this.#absences.get(c)
    if (known) {
      known.answers.push(error || String(code))
      return
    }
    // If the client has opened another connection meanwhile, the result of that one counts.
    const isLatestWelcome = this.#findings.story.connectionAt(c, t)?.k === k
    if (isLatestWelcome) {
      this.#absences.set(c, { since: t, session: client.session, answers: [error || String(code)] })
    }
  }

  #handleWelcome({ t, c, session, isResumed }: Entry & { readonly do: 'welcome' }): void {
    const { story, count, violate, wait } = this.#findings
    const { session: former } = story.of(c)
    const absence = this.#absences.get(c)
    this.#absences.delete(c)
    if (absence) wait(absence.since, 'without a connection', t - absence.since)
    if (former === '') return
    const since = absence?.since ?? t
    if (!isResumed) count(since, 'lost sessions')
    else if (session === former) count(since, 'resumed')
    else violate(t, 'wrong session', `${c} resumed ${former} and got ${session}`)
  }
}
