import { createElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { formatAgo, formatDate } from '../../shared/time-format.ts'
import type { ReportEntry } from './data.ts'
import { reasonWords, safeText } from './words.ts'

/** A report, and how long ago it arrived. */
export interface DatedReport extends ReportEntry {
  readonly agoMs: number
}

/** Creates the lines of one report: its reason, time, room and note. */
export function createReportEntry(report: DatedReport): Row<DatedReport> {
  const { id, atMs, reason, note, mode, lobby, room, sessionId, weight } = report
  const element = createElement('li', 'report')
  element.dataset['report'] = id
  const line = createElement('p', 'line')
  const when = createElement('time')
  when.dateTime = new Date(atMs).toISOString()
  when.title = formatDate(atMs)
  line.append(createElement('b', '', reasonWords[reason]), ' ', when)
  element.append(line)
  // The text is inert: it is set as text, and `bdi` keeps its direction out of the rest of the page.
  if (note) {
    const quote = createElement('blockquote')
    quote.append(createElement('bdi', '', safeText(note)))
    element.append(quote)
  }
  const place = `${mode}${lobby && `, lobby ${safeText(lobby)}`}`
  const share = weight < 1 ? ` · counts ${Math.round(weight * 100)} %` : ''
  element.append(
    createElement('p', 'foot', `${place} · room ${room} · session ${sessionId}${share}`),
  )
  return { element, show: ({ agoMs }) => showText(when, formatAgo(agoMs)) }
}
