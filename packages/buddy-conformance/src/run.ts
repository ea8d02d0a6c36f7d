import { AtCapacity, Failure, Skip } from './failure.ts'
import { Gate } from './gate.ts'
import { SharedRestart } from './shared-restart.ts'
import type { Case, Feature } from './case.ts'
import { CaseContext, resolveTarget, type Surroundings, type Target } from './case-context.ts'

/** What became of one case. */
export interface Result {
  readonly id: string
  readonly title: string
  readonly rule: string
  readonly feature: Feature
  readonly status: 'passed' | 'failed' | 'skipped'
  /** Why the case failed or was skipped; undefined if it passed. */
  readonly reason: string | undefined
  /** The latest frames of all connections of the case; empty unless it failed. */
  readonly transcript: readonly string[]
  readonly durationMs: number
}

/** Which cases to run, and how. */
export interface RunOptions {
  readonly target: Target
  readonly cases: readonly Case[]
  /** The features that the server claims. Cases of others are skipped. */
  readonly profile: ReadonlySet<Feature>
  /** How many cases run at once, not counting those that wait for a time limit of the server. @default 8 */
  readonly concurrency?: number
  /** Called when a case is over, in the order in which they end. */
  readonly onResult?: (result: Result) => void
}

/** How often a case is run again because the server was full. */
const maxAttempts = 20

/** Runs cases. Returns their results in the order of the cases. */
export async function runCases(options: RunOptions): Promise<readonly Result[]> {
  const { cases, concurrency = 8, onResult } = options
  const results = new Map<Case, Result>()
  const surroundings = {
    target: resolveTarget(options.target),
    gate: new Gate(),
    restart: options.target.restart && new SharedRestart(options.target.restart),
  }
  const run = async (one: Case): Promise<void> => {
    const result = await runCase(one, options.profile, surroundings)
    results.set(one, result)
    onResult?.(result)
  }
  const waiting = cases.filter(({ waitsMs, restarts }) => waitsMs !== undefined && !restarts)
  const quick = cases.filter(({ waitsMs, restarts }) => waitsMs === undefined && !restarts)
  const queue = [...quick]
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) await run(one)
  }
  await Promise.all([...waiting.map(run), ...Array.from({ length: concurrency }, work)])
  await Promise.all(cases.filter(({ restarts }) => restarts).map(run))
  return cases.map((one) => results.get(one)!)
}

async function runCase(
  one: Case,
  profile: RunOptions['profile'],
  surroundings: Surroundings,
): Promise<Result> {
  const { id, title, rule, feature, restarts } = one
  const { target, gate, restart } = surroundings
  const startedAtMs = performance.now()
  const result = (
    status: Result['status'],
    reason?: string,
    transcript: readonly string[] = [],
  ): Result => {
    const durationMs = Math.round(performance.now() - startedAtMs)
    return { id, title, rule, feature, status, reason, transcript, durationMs }
  }
  if (!profile.has(feature)) return result('skipped', `the feature ${feature} is not claimed`)
  for (let attempt = 1; ; attempt++) {
    const context = new CaseContext(surroundings)
    if (restarts) restart?.begin()
    try {
      const limitMs = (one.waitsMs ?? 0) + target.timeoutMs * 4
      await withLimit(runAndCheck(one, context), limitMs, () => context.waitedMs)
      return result('passed')
    } catch (error) {
      if (error instanceof Skip) return result('skipped', error.message)
      if (error instanceof AtCapacity && attempt < maxAttempts) {
        gate.handleRefusal(error.retryAfterMs)
        continue
      }
      if (error instanceof AtCapacity) return result('skipped', `at capacity: ${error.message}`)
      const { message, stack = '' } = error as Error
      const isExpected = error instanceof Failure
      return result('failed', isExpected ? message : stack, context.transcript)
    } finally {
      if (restarts) restart?.end()
      await context.close()
    }
  }
}

async function runAndCheck(one: Case, context: CaseContext): Promise<void> {
  await one.run(context)
  await context.checkEnd()
}

/**
 * Settles as the promise does; rejects with Failure after the limit.
 * @param waitedMs returns the time that does not count, because the case had to wait for a connection
 */
async function withLimit(
  promise: Promise<void>,
  limitMs: number,
  waitedMs: () => number,
): Promise<void> {
  const endsAtMs = performance.now() + limitMs
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    const look = (): void => {
      const leftMs = endsAtMs + waitedMs() - performance.now()
      if (leftMs > 0) timer = setTimeout(look, leftMs)
      else reject(new Failure(`the case did not end within ${limitMs} ms`))
    }
    look()
  })
  try {
    await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
