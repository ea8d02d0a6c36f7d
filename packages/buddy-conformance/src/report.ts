import type { Result } from './run.ts'

/** The names of the reports. */
export const reportNames = ['pretty', 'tap', 'json'] as const

/** How results are printed. */
export type ReportName = (typeof reportNames)[number]

/** The counts of a run. */
export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Counts results by their status. */
export function summarize(results: readonly Result[]): Summary {
  const count = (wanted: Result['status']): number =>
    results.filter(({ status }) => status === wanted).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** Returns the report of a run. Ends with a line break. */
export function report(name: ReportName, results: readonly Result[], durationMs: number): string {
  if (name === 'json') {
    return `${JSON.stringify({ ...summarize(results), durationMs, results }, null, 2)}\n`
  }
  return name === 'tap' ? tap(results) : pretty(results, durationMs)
}

/** The Test Anything Protocol, version 14. */
function tap(results: readonly Result[]): string {
  const lines = results.map((result, index) => {
    const { id, title, status, reason = '' } = result
    const safe = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('#', '\\#')
    const head = `${status === 'failed' ? 'not ok' : 'ok'} ${index + 1} - ${id}: ${safe(title)}`
    if (status === 'skipped') return `${head} # SKIP ${safe(reason)}`
    return status === 'failed' ? `${head}\n${details(result)}` : head
  })
  return `${['TAP version 14', `1..${results.length}`, ...lines].join('\n')}\n`
}

/** The YAML block of a failed case. JSON strings are YAML. */
function details({ rule, reason, transcript, durationMs }: Result): string {
  return [
    '  ---',
    `  rule: ${JSON.stringify(rule)}`,
    `  message: ${JSON.stringify(reason)}`,
    `  duration_ms: ${durationMs}`,
    `  transcript: ${JSON.stringify(transcript)}`,
    '  ...',
  ].join('\n')
}

function pretty(results: readonly Result[], durationMs: number): string {
  const { passed, failed, skipped } = summarize(results)
  const reasons = new Map<string, number>()
  for (const { status, reason = '' } of results) {
    if (status === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const failures = results.filter(({ status }) => status === 'failed')
  return [
    ...failures.map(prettyFailure),
    ...[...reasons].map(([reason, count]) => `skipped ${count}: ${reason}`),
    `${passed} passed, ${failed} failed, ${skipped} skipped, in ${(durationMs / 1000).toFixed(1)} s`,
    '',
  ].join('\n')
}

function prettyFailure({ id, title, rule, reason, transcript }: Result): string {
  return [
    `FAILED ${id}`,
    `  Expected: the server ${title}.`,
    `  Rule: ${rule}`,
    `  Found: ${reason}`,
    ...transcript.map((line) => `    ${line}`),
    '',
  ].join('\n')
}
