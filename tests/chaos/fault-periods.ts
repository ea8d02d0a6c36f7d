import type { Entry, FaultKind } from './history.ts'

/** A fault, and when it was in effect. */
export interface FaultPeriod {
  readonly id: number
  readonly kind: FaultKind
  readonly node: number | undefined
  readonly from: number
  /** Infinity while it has not ended. */
  to: number
}

/**
 * How long before the loss of its data Redis may have handled a command whose result a client has received only after
 * the loss, in milliseconds.
 */
const answeredMs = 500
/** How long after its end a fault still counts as the cause of what happens, in milliseconds. */
const aftermathMs = 5000

/** The faults of a history. */
export class FaultPeriods {
  readonly all: FaultPeriod[] = []

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      if (entry.do !== 'fault') continue
      const { id, kind, phase, node, t } = entry
      const known = this.all.find((period) => period.id === id)
      if (phase === 'begin') this.all.push({ id, kind, node, from: t, to: Infinity })
      else if (known) known.to = t
    }
  }

  /** Returns the kind of the latest fault that can have caused what happened at this time. */
  kindAt(t: number): FaultKind | 'none' {
    return this.all.findLast(({ from, to }) => from <= t && t <= to + aftermathMs)?.kind ?? 'none'
  }

  /**
   * Returns until when Redis may lack what it had at `since`, if it has lost its data between `since` and `t`: until
   * all nodes have stored again what they know. A node stores it when its own fault is over. Returns -Infinity if
   * Redis has lost nothing.
   */
  lacksUntil(since: number, t: number): number {
    const loss = this.all.findLast(
      ({ kind, from, to }) =>
        (kind === 'redis-loss' || kind === 'flush') && from <= t && to >= since - answeredMs,
    )
    if (!loss) return -Infinity
    let until = loss.to + aftermathMs
    for (const { node, kind, from, to } of this.all) {
      const isOver = node === undefined || kind === 'clock'
      if (!isOver && from <= until && to >= loss.from) until = Math.max(until, to + aftermathMs)
    }
    return until
  }

  /** Returns whether a fault was in effect at some time of this span. */
  isAny(from: number, to: number): boolean {
    return this.all.some((period) => period.from <= to && from <= period.to + aftermathMs)
  }
}
