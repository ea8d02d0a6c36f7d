import type { DashboardSamples } from './data.ts'
import type { Colour } from './palette.ts'
import { formatBytes, formatCount, formatCountTick, formatRate } from './number-format.ts'
import { formatMs } from './time-format.ts'

/** One curve of a plot. */
export interface Curve {
  readonly name: Exclude<keyof DashboardSamples, 'at'>
  readonly label: string
  readonly colour: Colour
}

/** What one plot shows. */
export interface PlotDefinition {
  /** The figure's id is this after `plot-`. */
  readonly id: string
  readonly title: string
  /** What the figures count or are measured in. */
  readonly unit: string
  readonly curves: readonly [Curve, ...Curve[]]
  /** A figure, for the current value and the readout. */
  readonly format: (value: number) => string
  /** A figure beside the axis. */
  readonly formatTick: (value: number) => string
  /** The axis reaches up to here at least, so that a quiet server's noise looks like noise. */
  readonly minTop: number
  /** Whether the axis has whole numbers only. */
  readonly isWhole?: boolean
  /** What to say where there are samples without a single figure. */
  readonly whenEmpty?: string
}

/** The plots in the order of the page. */
export const plotDefinitions: readonly PlotDefinition[] = [
  {
    id: 'users',
    title: 'Users, waiting and rooms',
    unit: 'at each moment',
    curves: [
      { name: 'users', label: 'Users', colour: 'violet' },
      { name: 'waiting', label: 'Waiting', colour: 'amber' },
      { name: 'rooms', label: 'Rooms', colour: 'teal' },
    ],
    format: formatCount,
    formatTick: formatCountTick,
    minTop: 4,
    isWhole: true,
  },
  {
    id: 'matches',
    title: 'Matches',
    unit: 'per minute',
    curves: [{ name: 'matchesPerMinute', label: 'Matches per minute', colour: 'violet' }],
    format: formatRate,
    formatTick: formatCountTick,
    minTop: 4,
    isWhole: true,
  },
  {
    id: 'wait',
    title: 'Wait for a match',
    unit: '95 of 100 at most',
    curves: [{ name: 'waitP95Ms', label: 'Wait p95', colour: 'amber' }],
    format: formatMs,
    formatTick: formatMs,
    minTop: 100,
    whenEmpty: 'Nobody has been matched yet.',
  },
  {
    id: 'frames',
    title: 'Relayed frames',
    unit: 'per second',
    curves: [{ name: 'framesPerSecond', label: 'Frames per second', colour: 'teal' }],
    format: formatRate,
    formatTick: formatCountTick,
    minTop: 4,
    isWhole: true,
  },
  {
    id: 'bytes',
    title: 'Relayed bytes',
    unit: 'per second',
    curves: [{ name: 'bytesPerSecond', label: 'Bytes per second', colour: 'teal' }],
    format: (bytes) => `${formatBytes(bytes)}/s`,
    formatTick: formatBytes,
    minTop: 1000,
  },
  {
    id: 'memory',
    title: 'Memory',
    unit: 'resident',
    curves: [{ name: 'residentBytes', label: 'Memory', colour: 'violet' }],
    format: formatBytes,
    formatTick: formatBytes,
    minTop: 1e6,
  },
  {
    id: 'lag',
    title: 'Event-loop lag',
    unit: 'longest in a sample',
    curves: [{ name: 'loopLagMs', label: 'Lag', colour: 'amber' }],
    format: formatMs,
    formatTick: formatMs,
    minTop: 20,
  },
]
