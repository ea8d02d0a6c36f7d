import type uPlot from 'uplot'
import { createElement, showText } from '../../shared/elements.ts'
import { noFigure } from '../../shared/number-format.ts'
import type { PlotDefinition } from './plot-definitions.ts'
import { formatClock } from '../../shared/time-format.ts'

/** The distance between the cursor and the readout, in CSS pixels. */
const gapPx = 10

/** Creates a readout of the values at the cursor. Returns a function that updates and moves it. */
export function createReadout({ curves, format }: PlotDefinition): (plot: uPlot) => void {
  const element = createElement('div', 'readout')
  const time = createElement('p')
  element.append(time)
  const values = curves.map(({ label, colour }) => {
    const row = createElement('p', `curve ${colour}`)
    const value = createElement('b')
    if (curves.length > 1) row.append(createElement('i'), `${label} `)
    row.append(value)
    element.append(row)
    return value
  })

  return (plot) => {
    const { idx, left = -1 } = plot.cursor
    const at = typeof idx === 'number' ? plot.data[0]?.[idx] : undefined
    element.hidden = typeof at !== 'number' || left < 0
    if (typeof at !== 'number' || typeof idx !== 'number' || left < 0) return
    if (!element.isConnected) plot.over.append(element)
    showText(time, formatClock(at * 1000))
    for (const [index, value] of values.entries()) {
      const figure = plot.data[index + 1]?.[idx]
      showText(value, typeof figure === 'number' ? format(figure) : noFigure)
    }
    const { offsetWidth: width } = element
    const isRight = left + gapPx + width <= plot.over.clientWidth
    const x = isRight ? left + gapPx : Math.max(0, left - gapPx - width)
    element.style.transform = `translate(${Math.round(x)}px, 4px)`
  }
}
