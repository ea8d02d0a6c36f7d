import type { DashboardSamples } from './data.ts'
import type { Colour } from './palette.ts'
import {
  formatBytes,
  formatCount,
  formatCountTick,
  formatRate,
} from '../../shared/number-format.ts'
import { formatMs } from '../../shared/time-format.ts'

/** One curve of a plot. */
export interface Curve {
  readonly name: Exclude<keyof DashboardSamples, 'at'>
  readonly label: string
  readonly colour: Colour
}

/** The content and format of one plot. */
export interface PlotDefinition {
  /** The id of the plot. The id of its `figure` element is `plot-` followed by this. */
  readonly id: string
  readonly title: string
  /** A short text beside the title, which states the unit or the meaning of the figures. */
  readonly unit: string
  readonly curves: readonly [Curve, ...Curve[]]
  /** Formats the latest value and the values at the cursor. */
  readonly format: (value: number) => string
  /** Formats the values of the axis. */
  readonly formatTick: (value: number) => string
  /** The axis reaches at least this value, so that small variations of an idle server look small. */
  readonly minTop: number
  /** Whether the axis has whole numbers only. */
  readonly isWhole?: boolean
  /** The text that is shown if there are samples, but none of them has a figure. */
  readonly whenEmpty?: string
}

/** The plots in the order of the page. */
export const plotDefinitions: readonly PlotDefinition[] = [
  {
    id: 'users',
    title: 'Users, waiting and rooms',
    unit: 'at each sample',
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
    unit: '95th percentile',
    curves: [{ name: 'waitP95Ms', label: 'Wait p95', colour: 'amber' }],
    format: formatMs,
    formatTick: formatMs,
    minTop: 100,
    whenEmpty: 'No match yet.',
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
    unit: 'longest per sample',
    curves: [{ name: 'loopLagMs', label: 'Lag', colour: 'amber' }],
    format: formatMs,
    formatTick: formatMs,
    minTop: 20,
  },
]
