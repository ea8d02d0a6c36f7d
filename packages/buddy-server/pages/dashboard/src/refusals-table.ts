import type { RecentRefusals } from './data.ts'
import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { bodyOf, KeyedList } from '../../shared/keyed-list.ts'
import { formatCount } from '../../shared/number-format.ts'
import { refusalWords } from './refusal-words.ts'
import { formatAgo } from '../../shared/time-format.ts'

interface DatedRefusals extends RecentRefusals {
  readonly agoMs: number
}

function createRow({ reason }: DatedRefusals): Row<DatedRefusals> {
  const element = createElement('tr')
  element.dataset['reason'] = reason
  const name = createElement('th', 'reason', refusalWords(reason))
  name.scope = 'row'
  const detail = createElement('span', 'detail')
  const origin = createElement('span', 'origin')
  detail.append(createElement('code', '', reason), ' ', origin)
  name.append(' ', detail)
  const count = createElement('td', 'number count')
  const ago = createElement('td', 'number ago')
  element.append(name, count, ago)
  return {
    element,
    show: (refusals) => {
      const { latestOrigin } = refusals
      showText(origin, latestOrigin === null ? '' : `· latest from ${latestOrigin}`)
      showText(count, formatCount(refusals.count))
      showText(ago, formatAgo(refusals.agoMs))
    },
  }
}

/**
 * Prepares the table of refusals. Returns a function that shows the given refusals in their order. Its
 * `nowMs` is the present time on the server's clock, in milliseconds since 1970, because the times of the
 * refusals are on that clock too.
 */
export function createRefusalsTable(): (
  refusals: readonly RecentRefusals[],
  nowMs: number,
) => void {
  const table = pageElement('refusals')
  const empty = pageElement('refusals-empty')
  const rows = new KeyedList<DatedRefusals>(bodyOf(table), {
    keyOf: ({ reason }) => reason,
    createRow,
  })
  return (refusals, nowMs) => {
    const isEmpty = refusals.length === 0
    table.hidden = isEmpty
    empty.hidden = !isEmpty
    showText(empty, 'No refusals since the start.')
    rows.show(refusals.map((refusal) => ({ ...refusal, agoMs: nowMs - refusal.latestAtMs })))
  }
}
