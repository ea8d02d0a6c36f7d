import type { GuardResult, GuardVerdict } from './guard.ts'
import { guardVerdicts } from './guard.ts'

const severity = (verdict: GuardVerdict): number => guardVerdicts.indexOf(verdict)

/** How many of the latest results count, and how many of these must agree. */
const windowSize = 3
const needed = 2

/**
 * The latest results about one picture source. The present verdict is one that two of the latest three
 * results are at least as bad as, so that one wrongly judged picture changes nothing.
 */
export class RecentVerdicts {
  #results: GuardResult[] = []
  #standing: GuardVerdict

  /** @param standing the verdict at first */
  constructor(standing: GuardVerdict = 'ok') {
    this.#standing = standing
  }

  /** The present verdict. */
  get standing(): GuardVerdict {
    return this.#standing
  }

  /**
   * Returns whether the latest result is worse than the present verdict, so that the next picture decides.
   */
  get isInDoubt(): boolean {
    const latest = this.#results.at(-1)
    return latest !== undefined && severity(latest.verdict) > severity(this.#standing)
  }

  /** Adds a result. If it changes the verdict, returns a result with the new verdict, otherwise undefined. */
  add(result: GuardResult): GuardResult | undefined {
    this.#results = [...this.#results, result].slice(-windowSize)
    const worstFirst = this.#results.toSorted((a, b) => severity(b.verdict) - severity(a.verdict))
    const deciding = worstFirst[needed - 1]
    if (!deciding || deciding.verdict === this.#standing) return undefined
    this.#standing = deciding.verdict
    return deciding
  }
}
