import type uPlot from 'uplot'
import type { Palette } from './palette.ts'
import type { Curve, PlotDefinition } from './plot-definitions.ts'
import { formatClock, formatShortClock } from '../../shared/time-format.ts'

const font = '12px system-ui, sans-serif'
/**
 * The shortest time span of the axis. There is a minimum, because a server that has just started has only a
 * few seconds of samples.
 */
const minSpanSeconds = 60
/** The space to the right of the newest sample, in CSS pixels. */
const rightPaddingPx = 6
/**
 * If the time axis is shorter than this, its labels show seconds, because two neighbouring ones may be in the
 * same minute.
 */
const shortSpanSeconds = 300
/** The distances that ticks may have on an axis of whole numbers, which are 1, 2, 5, 10, 20 … */
const wholeIncrements = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
)

function createSeries(curve: Curve, isFirst: boolean, palette: Palette): uPlot.Series {
  return {
    label: curve.label,
    width: 2,
    cap: 'round',
    stroke: () => palette.colour(curve.colour),
    points: { show: false },
    // Only the first curve has a filled area, because overlapping areas are hard to read.
    ...(isFirst && {
      fill: ({ ctx, bbox }: uPlot): CanvasGradient => {
        const gradient = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height)
        gradient.addColorStop(0, palette.colour(curve.colour, 0.28))
        gradient.addColorStop(1, palette.colour(curve.colour, 0.03))
        return gradient
      },
    }),
  }
}

function createTimeAxis(palette: Palette): uPlot.Axis {
  return {
    font,
    size: 26,
    gap: 8,
    space: 72,
    stroke: () => palette.colour('quiet'),
    grid: { show: false },
    ticks: { show: false },
    values: (plot, splits) => {
      const spanSeconds = (splits.at(-1) ?? 0) - (splits[0] ?? 0)
      const format = spanSeconds < shortSpanSeconds ? formatClock : formatShortClock
      plot.ctx.font = font
      const lastPx = plot.valToPos(plot.scales['x']?.max ?? 0, 'x')
      return splits.map((seconds) => {
        const text = format(seconds * 1000)
        // A time that the edge of the canvas would cut off is left out.
        const end = plot.valToPos(seconds, 'x') + plot.ctx.measureText(text).width / 2
        return end > lastPx + rightPaddingPx ? '' : text
      })
    },
  }
}

function createValueAxis(definition: PlotDefinition, palette: Palette): uPlot.Axis {
  return {
    font,
    gap: 8,
    space: 34,
    stroke: () => palette.colour('quiet'),
    grid: { stroke: () => palette.colour('line'), width: 1 },
    ticks: { show: false },
    // The axis is as wide as its widest value.
    size: ({ ctx }, values) => {
      ctx.font = font
      const widths = (values ?? []).map((value) => ctx.measureText(value).width)
      return Math.ceil(Math.max(20, ...widths) + 10)
    },
    values: (_plot, splits) =>
      splits.map((value) => (value === 0 ? '0' : definition.formatTick(value))),
    ...(definition.isWhole && { incrs: wholeIncrements }),
  }
}

/**
 * Returns uPlot's options for a plot.
 * @param size the size of the plot in CSS pixels
 * @param onCursor called when the cursor moves over any plot, because all plots show the cursor at the same
 * time value
 */
export function createPlotOptions(
  definition: PlotDefinition,
  palette: Palette,
  size: { readonly width: number; readonly height: number },
  onCursor: (plot: uPlot) => void,
): uPlot.Options {
  return {
    ...size,
    padding: [8, rightPaddingPx, 0, 0],
    legend: { show: false },
    series: [
      {},
      ...definition.curves.map((curve, index) => createSeries(curve, index === 0, palette)),
    ],
    scales: {
      x: {
        range: (_plot, from, to) => [Math.min(from, to - minSpanSeconds), to],
      },
      y: {
        // The axis starts at zero, so that heights can be compared.
        range: (_plot, _from, to) => [0, Math.max(to * 1.1, definition.minTop)],
      },
    },
    axes: [createTimeAxis(palette), createValueAxis(definition, palette)],
    cursor: {
      y: false,
      drag: { setScale: false, x: false, y: false },
      points: { size: 9, width: 2 },
      sync: { key: 'dashboard', setSeries: false },
    },
    hooks: { setCursor: [onCursor] },
  }
}
