import { createElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { KeyedList } from '../../shared/keyed-list.ts'
import { formatAgo, formatDate } from '../../shared/time-format.ts'
import type { ReportEntry, ReportGroup, Restriction } from './data.ts'
import { DecisionForm } from './decision-form.ts'
import type { LiftOptions } from './lift-button.ts'
import { createLiftButton } from './lift-button.ts'
import type { DatedReport } from './report-entry.ts'
import { createReportEntry } from './report-entry.ts'
import type { DecisionInput } from './requests.ts'
import { createStillButton } from './still-button.ts'
import { reasonsOf } from './urgency.ts'
import { personWords, reasonWords, siteWords, untilWords } from './words.ts'

/** The number of reports that are shown at first. The operator can unfold the others. */
const shownReports = 3

/** A group of reports, and the server's time. */
export interface DatedGroup extends ReportGroup {
  readonly nowMs: number
}

interface ReportCardOptions extends LiftOptions {
  readonly decide: (input: DecisionInput) => Promise<string | undefined>
  readonly onCancel: () => void
}

function restrictionWords({ kind, untilMs }: Restriction): string {
  return `${kind === 'ban' ? 'Banned' : 'Slowed'} ${untilWords(untilMs)}`
}

function badge(kind: string, words: string): HTMLElement {
  const element = createElement('li', 'badge', words)
  element.dataset['kind'] = kind
  return element
}

/** Replaces the children of `list`, unless they are equal, so that a selection inside it stays. */
function showBadges(list: HTMLElement, badges: readonly HTMLElement[]): void {
  const outer = (elements: Iterable<Element>): string =>
    Array.from(elements, ({ outerHTML }) => outerHTML).join('')
  if (outer(list.children) !== outer(badges)) list.replaceChildren(...badges)
}

/**
 * Creates the card of a reported person. If the operator is filling in its form, the card stays although its
 * reports are no longer among those that are shown.
 */
export function createReportCard(first: DatedGroup, options: ReportCardOptions): Row<DatedGroup> {
  const { personId, site } = first
  let group = first
  const element = createElement('li', 'card person')
  element.dataset['person'] = personId
  const heading = createElement('h3', '', 'Person ')
  heading.append(createElement('code', '', personWords(personId)))
  heading.title = personId
  const badges = createElement('ul', 'badges')
  const restrictions = createElement('ul', 'badges restrictions')
  restrictions.setAttribute('aria-label', 'Restrictions')
  const problem = createElement('p', 'error')
  problem.setAttribute('role', 'alert')
  const head = createElement('div', 'head')
  head.append(heading, badges, restrictions)
  const meta = createElement('p', 'meta')
  const gone = createElement('p', 'gone')
  gone.setAttribute('role', 'status')
  const counts = createElement('ul', 'badges reasons')
  counts.setAttribute('aria-label', 'Reasons')
  const stills = createElement('ul', 'stills')
  const latest = createElement('ul', 'reports')
  const rest = createElement('details')
  const summary = createElement('summary')
  const others = createElement('ul', 'reports')
  rest.append(summary, others)
  const form = new DecisionForm({
    ...options,
    personId,
    suggestedReason: () => reasonsOf(group)[0] ?? 'other',
  })
  element.append(head, meta, problem, gone, counts, stills, latest, rest, form.element)

  const restrictionList = new KeyedList<Restriction>(restrictions, {
    keyOf: ({ id }) => id,
    createRow: (restriction) => {
      const row = badge(restriction.kind, restrictionWords(restriction))
      const restricted = { ...restriction, personId }
      row.append(
        ' ',
        createLiftButton(restricted, options, (words) => showText(problem, words)),
      )
      return { element: row, show: () => undefined }
    },
  })
  const keyOf = ({ id }: ReportEntry): string => id
  const stillList = new KeyedList<ReportEntry>(stills, { keyOf, createRow: createStillButton })
  const latestList = new KeyedList<DatedReport>(latest, { keyOf, createRow: createReportEntry })
  const otherList = new KeyedList<DatedReport>(others, { keyOf, createRow: createReportEntry })

  return {
    element,
    show: (shown) => {
      group = shown
      const { isOnline, latestAtMs, reporters, weight, total, nowMs } = shown
      showText(gone, '')
      showBadges(badges, [badge(isOnline ? 'online' : 'offline', isOnline ? 'Online' : 'Offline')])
      restrictionList.show(shown.restrictions)
      const people = reporters === 1 ? '1 reporter' : `${reporters} independent reporters`
      showText(
        meta,
        `${siteWords(site)} · ${people}, weight ${weight.toFixed(1)} · latest ${formatAgo(nowMs - latestAtMs)}`,
      )
      meta.title = formatDate(latestAtMs)
      showBadges(
        counts,
        reasonsOf(shown).map((reason) =>
          badge(reason, `${reasonWords[reason]} × ${shown.counts[reason]}`),
        ),
      )
      const reports = shown.reports.map((report) => ({ ...report, agoMs: nowMs - report.atMs }))
      stillList.show(reports.filter(({ hasStill }) => hasStill))
      latestList.show(reports.slice(0, shownReports))
      otherList.show(reports.slice(shownReports))
      rest.hidden = reports.length <= shownReports
      const unsent = total > reports.length ? ` (${total - reports.length} more are not shown)` : ''
      showText(summary, `${reports.length - shownReports}${unsent} earlier reports`)
    },
    keep: () => {
      if (form.isOpen) {
        showText(
          gone,
          'These reports are no longer here: they were decided meanwhile, or have expired.',
        )
      }
      return form.isOpen
    },
  }
}
