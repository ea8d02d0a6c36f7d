import type { Finding, Verdict } from './finding.ts'

const verdicts: readonly Verdict[] = ['problem', 'warning', 'skipped', 'ok']

function summary(findings: readonly Finding[]): string {
  const counts = verdicts
    .map(
      (verdict) => [verdict, findings.filter((each) => each.verdict === verdict).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(
      ([verdict, count]) => `${count} ${verdict}${count > 1 && /^[pw]/.test(verdict) ? 's' : ''}`,
    )
  return `${counts.join(', ')}.`
}

/**
 * Returns the findings as a table for a terminal: verdict, check and message.
 * @param columns the width to break lines at
 */
export function table(findings: readonly Finding[], columns: number): string {
  const width = (key: 'verdict' | 'check'): number =>
    Math.max(0, ...findings.map((each) => each[key].length))
  const [first, second] = [width('verdict'), width('check')]
  const indent = first + second + 4
  const rows = findings.map(({ verdict, check, message }) => {
    const lines = wrap(message, Math.max(30, columns - indent))
    return `${verdict.padEnd(first)}  ${check.padEnd(second)}  ${lines.join(`\n${' '.repeat(indent)}`)}`
  })
  return [...rows, '', summary(findings)].join('\n')
}

/** Breaks a text between words into lines of at most `width` characters, if the words allow it. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`
    } else lines.push(word)
  }
  return lines
}
