import uPlot from 'uplot'
import type { DashboardSamples } from './data.ts'
import { createElement, showText } from '../../shared/elements.ts'
import { noFigure } from '../../shared/number-format.ts'
import type { Palette } from './palette.ts'
import type { Curve, PlotDefinition } from './plot-definitions.ts'
import { createPlotOptions } from './plot-options.ts'
import { createReadout } from './plot-readout.ts'
import { formatSpan } from '../../shared/time-format.ts'

/** Returns the seconds from the first to the last sample. */
export function spanOf({ at }: DashboardSamples): number {
  return (at.at(-1) ?? 0) - (at[0] ?? 0)
}

function createCurrent(curve: Curve, isAlone: boolean): { row: HTMLElement; value: HTMLElement } {
  const row = createElement('li', `curve ${curve.colour}`)
  row.dataset['series'] = curve.name
  const value = createElement('b', 'current', noFigure)
  if (isAlone) row.append(value)
  else row.append(createElement('i'), createElement('span', '', curve.label), ' ', value)
  return { row, value }
}

/**
 * A figure with a title, the latest value of each curve, and the curves. The attribute `data-points` of the
 * figure is the number of samples that are drawn.
 */
export class Plot {
  readonly #definition: PlotDefinition
  readonly #figure: HTMLElement
  readonly #area = createElement('div', 'plot-area')
  readonly #empty = createElement(
    'p',
    'empty',
    'No samples yet. The first one takes a few seconds.',
  )
  readonly #values: readonly HTMLElement[]
  readonly #plot: uPlot

  /** Appends the figure to `parent`, which must be in the page, because the plot measures its size. */
  constructor(definition: PlotDefinition, palette: Palette, parent: HTMLElement) {
    this.#definition = definition
    this.#figure = createElement('figure', 'card plot')
    this.#figure.id = `plot-${definition.id}`
    this.#figure.dataset['points'] = '0'
    const caption = createElement('figcaption')
    const title = createElement('h3', '', definition.title)
    title.append(' ', createElement('small', '', definition.unit))
    const list = createElement('ul')
    const isAlone = definition.curves.length === 1
    const currents = definition.curves.map((curve) => createCurrent(curve, isAlone))
    this.#values = currents.map(({ value }) => value)
    list.append(...currents.map(({ row }) => row))
    caption.append(title, list)
    this.#area.setAttribute('role', 'img')
    this.#area.setAttribute('aria-label', `${definition.title}: no samples yet`)
    const stage = createElement('div', 'stage')
    stage.append(this.#area, this.#empty)
    this.#figure.append(caption, stage)
    parent.append(this.#figure)

    const size = (): { width: number; height: number } => ({
      width: this.#area.clientWidth,
      height: this.#area.clientHeight,
    })
    const options = createPlotOptions(definition, palette, size(), createReadout(definition))
    this.#plot = new uPlot(options, this.#dataOf(undefined), this.#area)
    new ResizeObserver(() => this.#plot.setSize(size())).observe(this.#area)
  }

  /** Draws the samples and shows the latest values. */
  show(samples: DashboardSamples): void {
    const { curves, format, title, whenEmpty } = this.#definition
    this.#figure.dataset['points'] = `${samples.at.length}`
    this.#plot.setData(this.#dataOf(samples))
    const texts = curves.map((curve, index) => {
      const latest = samples[curve.name].at(-1) ?? null
      const text = latest === null ? noFigure : format(latest)
      const element = this.#values[index]
      if (element) showText(element, text)
      return `${curve.label} ${latest === null ? 'none' : text}`
    })
    const figures = curves.flatMap(({ name }) => samples[name]).filter((value) => value !== null)
    this.#empty.hidden = figures.length > 0
    if (samples.at.length > 0 && whenEmpty) showText(this.#empty, whenEmpty)
    const most = figures.length > 0 ? ` Highest ${format(Math.max(...figures))}` : ''
    this.#area.setAttribute(
      'aria-label',
      samples.at.length === 0
        ? `${title}: no samples yet`
        : `${title}, now: ${texts.join(', ')}.${most} in the last ${formatSpan(spanOf(samples))}.`,
    )
  }

  /** Draws the plot again after the colours have changed. */
  repaint(): void {
    this.#plot.redraw(false)
  }

  /** Returns the samples as the arrays that uPlot accepts. */
  #dataOf(samples: DashboardSamples | undefined): uPlot.AlignedData {
    return [
      [...(samples?.at ?? [])],
      ...this.#definition.curves.map(({ name }) => [...(samples?.[name] ?? [])]),
    ]
  }
}
