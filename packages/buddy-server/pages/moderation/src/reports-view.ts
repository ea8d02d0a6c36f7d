import { pageElement, showText } from '../../shared/elements.ts'
import { KeyedList } from '../../shared/keyed-list.ts'
import type { ReportsAnswer, ReportState } from './data.ts'
import type { DatedGroup } from './report-card.ts'
import { createReportCard } from './report-card.ts'
import { compareUrgency } from './urgency.ts'

const emptyWords: Readonly<Record<ReportState, string>> = {
  open: 'No reports wait for a decision.',
  decided: 'No reports were decided.',
}

/**
 * Prepares the list of reported people. Returns a function that shows the groups of a response: open ones by
 * urgency, decided ones latest first.
 */
export function createReportsView(
  options: Omit<Parameters<typeof createReportCard>[1], 'onCancel'>,
): (answer: ReportsAnswer, state: ReportState, canShowMore: boolean) => void {
  const list = pageElement('reports-list')
  const empty = pageElement('reports-empty')
  const more = pageElement('reports-more')
  const rest = pageElement('reports-rest')
  let latest: readonly DatedGroup[] = []
  const cards = new KeyedList<DatedGroup>(list, {
    keyOf: ({ site, personId, state }) => JSON.stringify([site, personId, state]),
    createRow: (group) =>
      createReportCard(group, { ...options, onCancel: () => cards.show(latest) }),
  })
  return ({ groups, nextBefore, nowMs }, state, canShowMore) => {
    const sorted = state === 'open' ? [...groups].sort(compareUrgency) : groups
    latest = sorted.map((group) => ({ ...group, nowMs }))
    cards.show(latest)
    empty.hidden = latest.length > 0
    showText(empty, emptyWords[state])
    more.hidden = nextBefore === null || !canShowMore
    rest.hidden = nextBefore === null
    const advice = canShowMore ? '' : ' Decide about these first, or choose a site.'
    showText(rest, `These are the ${groups.length} people who were reported last.${advice}`)
  }
}
