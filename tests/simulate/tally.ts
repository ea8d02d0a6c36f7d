import type { Search } from './referee.ts'

/** The figures of one kind of ticket. */
export interface KindFigures {
  readonly kind: string
  /** Sorted, the shortest first. */
  readonly waitsMs: readonly number[]
  /** The number of matches in which the two had an interest in common. */
  readonly overlaps: number
  /** The number of searches that ended without a match. */
  readonly gaveUp: number
  readonly longestUnmatchedMs: number
}

interface Tally {
  readonly waitsMs: number[]
  overlaps: number
  gaveUp: number
  longestUnmatchedMs: number
}

/** Returns the kind of a search, by its criteria. */
function kindOf({ ticket }: Search): string {
  if (ticket.asks.length > 0) return 'asks for an attribute'
  if (ticket.keepsInterests || ticket.keepsLanguages) return 'refuses to widen'
  if (ticket.interestKeys.length > 0) return 'has interests'
  return ticket.languages.length > 0 ? 'has languages only' : 'asks for nothing'
}

/** Collects the waits by kind of ticket. */
export class Tallies {
  readonly #kinds = new Map<string, Tally>()

  handleMatch(search: Search, waitedMs: number, hasOverlap: boolean): void {
    const tally = this.#of(search)
    tally.waitsMs.push(waitedMs)
    if (hasOverlap) tally.overlaps++
  }

  handleGaveUp(search: Search, waitedMs: number): void {
    const tally = this.#of(search)
    tally.gaveUp++
    tally.longestUnmatchedMs = Math.max(tally.longestUnmatchedMs, waitedMs)
  }

  /** Returns the figures of each kind, by its name. */
  figures(): readonly KindFigures[] {
    return [...this.#kinds]
      .map(([kind, tally]) => ({
        kind,
        ...tally,
        waitsMs: tally.waitsMs.toSorted((one, other) => one - other),
      }))
      .toSorted((one, other) => (one.kind < other.kind ? -1 : 1))
  }

  #of(search: Search): Tally {
    const kind = kindOf(search)
    const tally = this.#kinds.get(kind) ?? {
      waitsMs: [],
      overlaps: 0,
      gaveUp: 0,
      longestUnmatchedMs: 0,
    }
    this.#kinds.set(kind, tally)
    return tally
  }
}

/** Returns the value below which `share` of the sorted values are; 0 if there are none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1)

/** Returns a table with one line for each kind. */
export function tableOf(kinds: readonly KindFigures[]): string {
  const rows = kinds.map(({ kind, waitsMs, overlaps, gaveUp, longestUnmatchedMs }) => [
    kind,
    String(waitsMs.length),
    ...[0.5, 0.95, 0.99].map((share) => seconds(quantile(waitsMs, share))),
    `${waitsMs.length === 0 ? 0 : Math.round((overlaps / waitsMs.length) * 100)} %`,
    String(gaveUp),
    seconds(longestUnmatchedMs),
  ])
  const header = [
    'kind of ticket',
    'matches',
    'p50 s',
    'p95 s',
    'p99 s',
    'common interest',
    'unmatched',
    'longest of them s',
  ]
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]!.length)),
  )
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
        )
        .join('  '),
    )
    .join('\n')
}
