import { createElement, showText } from '../../shared/elements.ts'
import { formatPercent } from '../../shared/number-format.ts'

/** The loads, in percent, at which a bar becomes `busy` and `full`. */
const busyPercent = 80
const fullPercent = 95

/** A bar that shows a load. */
export interface LoadBar {
  readonly element: HTMLElement
  /** Shows how much of `whole` the number `part` is. */
  readonly show: (part: number, whole: number) => void
}

function levelOf(percent: number): { level: string; note: string } {
  if (percent >= 100) return { level: 'full', note: ', full' }
  if (percent >= fullPercent) return { level: 'full', note: ', nearly full' }
  if (percent >= busyPercent) return { level: 'busy', note: ', busy' }
  return { level: 'normal', note: '' }
}

/**
 * Creates a bar. The attribute `data-level` of its element is `normal`, `busy` from 80 %, or `full` from 95
 * %.
 * @param label the accessible name
 * @param hasText whether to show the load as a text below the bar
 */
export function createLoadBar(label: string, hasText: boolean): LoadBar {
  const element = createElement('div', 'load')
  const meter = createElement('div', 'meter')
  const fill = createElement('div', 'fill')
  const text = createElement('p', 'foot')
  meter.append(fill)
  meter.setAttribute('role', 'meter')
  meter.setAttribute('aria-label', label)
  meter.setAttribute('aria-valuemin', '0')
  element.append(meter)
  if (hasText) element.append(text)

  const show = (part: number, whole: number): void => {
    const percent = whole > 0 ? (part / whole) * 100 : 0
    const { level, note } = levelOf(percent)
    element.dataset['level'] = level
    fill.style.inlineSize = `${Math.min(100, percent)}%`
    // The value is limited, because a meter's value must not exceed its maximum. A reload can lower the
    // maximum below the present number.
    meter.setAttribute('aria-valuemax', `${Math.max(part, whole)}`)
    meter.setAttribute('aria-valuenow', `${part}`)
    meter.setAttribute('aria-valuetext', `${formatPercent(percent)}${note}`)
    showText(text, `${formatPercent(percent)}${note}`)
  }
  show(0, 0)
  return { element, show }
}
