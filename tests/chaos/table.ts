import type { Row, Verdict } from './checker.ts'
import type { Count, RowKind } from './rules/rule.ts'

const counts: readonly Count[] = [
  'calls',
  'resumed',
  'lost sessions',
  'texts sent',
  'texts lost within bounds',
  'lost texts',
  'doubled texts',
  'forbidden meetings',
  'double bookings',
]
const waits = ['for a partner', 'without a connection'] as const

const headers = [
  'fault',
  'times',
  'calls',
  'resumed',
  'lost sessions',
  'texts',
  'lost in bounds',
  'lost otherwise',
  'doubled',
  'forbidden',
  'double bookings',
  'longest wait s',
  'longest absence s',
]

function cellsOf(kind: RowKind | 'all', { faults, counts: own, waits: longest }: Row): string[] {
  return [
    kind,
    String(faults),
    ...counts.map((what) => String(own.get(what) ?? 0)),
    ...waits.map((what) => ((longest.get(what) ?? 0) / 1000).toFixed(1)),
  ]
}

function sumOf(rows: Iterable<Row>): Row {
  const sum: Row = { faults: 0, counts: new Map(), waits: new Map() }
  for (const row of rows) {
    sum.faults += row.faults
    for (const [what, count] of row.counts)
      sum.counts.set(what, (sum.counts.get(what) ?? 0) + count)
    for (const [what, ms] of row.waits) {
      sum.waits.set(what, Math.max(sum.waits.get(what) ?? 0, ms))
    }
  }
  return sum
}

/** Returns a table in Markdown with one line for each kind of fault, and one for all. */
export function tableOf({ rows }: Pick<Verdict, 'rows'>): string {
  const lines = [...rows].map(([kind, row]) => cellsOf(kind, row))
  const cells = [headers, ...lines, cellsOf('all', sumOf(rows.values()))]
  const widths = headers.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [format(headers), rule, ...cells.slice(1).map(format)].join('\n')
}
