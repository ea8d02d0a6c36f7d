import { createElement, showText } from './elements.ts'
import { formatPercent } from './number-format.ts'

/** From these shares on, in percent, there is little room, and hardly any. */
const busyPercent = 80
const fullPercent = 95

/** A bar that fills up. */
export interface LoadBar {
  readonly element: HTMLElement
  /** Shows how much of `whole` is taken. */
  readonly show: (part: number, whole: number) => void
}

function levelOf(percent: number): { level: string; words: string } {
  if (percent >= 100) return { level: 'full', words: ', full' }
  if (percent >= fullPercent) return { level: 'full', words: ', nearly full' }
  if (percent >= busyPercent) return { level: 'busy', words: ', busy' }
  return { level: 'calm', words: '' }
}

/**
 * A bar, and below it the share in words where `hasWords`. `data-level` on the element is `calm`,
 * from 80 % on `busy`, from 95 % on `full`.
 */
export function createLoadBar(label: string, hasWords: boolean): LoadBar {
  const element = createElement('div', 'load')
  const meter = createElement('div', 'meter')
  const fill = createElement('div', 'fill')
  const text = createElement('p', 'foot')
  meter.append(fill)
  meter.setAttribute('role', 'meter')
  meter.setAttribute('aria-label', label)
  meter.setAttribute('aria-valuemin', '0')
  element.append(meter)
  if (hasWords) element.append(text)

  const show = (part: number, whole: number): void => {
    const percent = whole > 0 ? (part / whole) * 100 : 0
    const { level, words } = levelOf(percent)
    element.dataset['level'] = level
    fill.style.inlineSize = `${Math.min(100, percent)}%`
    // A meter's value may not be above its end, yet a cap may be lowered below what is there.
    meter.setAttribute('aria-valuemax', `${Math.max(part, whole)}`)
    meter.setAttribute('aria-valuenow', `${part}`)
    meter.setAttribute('aria-valuetext', `${formatPercent(percent)}${words}`)
    showText(text, `${formatPercent(percent)}${words}`)
  }
  show(0, 0)
  return { element, show }
}
