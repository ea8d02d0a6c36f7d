import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** How long the tickets of one kind have waited. */
export interface PlottedWaits {
  readonly kind: string
  /** Sorted, the shortest first. */
  readonly waitsMs: readonly number[]
}

/** The number of points of a curve. More would not be visible. */
const points = 200

/** Returns an SVG with a curve for each kind: the share of tickets that were matched within a time. */
export function plotWaits(kinds: readonly PlottedWaits[]): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const data = kinds.flatMap(({ kind, waitsMs }) =>
    Array.from({ length: Math.min(points, waitsMs.length) }, (_, index, { length } = waitsMs) => {
      const at = Math.floor(((index + 1) / Math.min(points, length)) * length) - 1
      // The axis is logarithmic, so a ticket that did not wait is plotted at the smallest time.
      return { kind, seconds: Math.max(0.01, waitsMs[at]! / 1000), share: (at + 1) / length }
    }),
  )
  const plot = Plot.plot({
    document,
    width: 800,
    height: 400,
    marginLeft: 50,
    x: { type: 'log', label: 'wait, seconds', grid: true, ticks: [0.01, 0.1, 1, 10, 100, 1000] },
    y: { label: 'share of matched tickets', grid: true, domain: [0, 1] },
    color: { legend: false, domain: kinds.map(({ kind }) => kind) },
    marks: [
      Plot.lineY(data, { x: 'seconds', y: 'share', stroke: 'kind', curve: 'step-after' }),
      // The names are one below the other, because curves that end close together would hide each other's.
      ...kinds.map(({ kind }, index) =>
        Plot.text([{ kind }], {
          text: 'kind',
          fill: 'kind',
          frameAnchor: 'bottom-right',
          fontSize: 13,
          dx: -8,
          dy: -8 - 18 * (kinds.length - 1 - index),
        }),
      ),
    ],
  })
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return plot.outerHTML
}
