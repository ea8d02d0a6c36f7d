import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { KeyedList } from '../../shared/keyed-list.ts'
import type { LoadResult } from '../../shared/load-json.ts'
import { formatDate } from '../../shared/time-format.ts'
import type { AuditVerdict, Decision, DecisionsAnswer } from './data.ts'
import { loadDecisions, loadVerdict } from './requests.ts'
import {
  decisionWords,
  personWords,
  reasonWords,
  safeText,
  siteWords,
  untilWords,
} from './words.ts'

function createDecisionRow(decision: Decision): Row<Decision> {
  const { id, number, atMs, kind, personId, site, untilMs, reason, isAutomatic, by, note } =
    decision
  const { reporters, reportIds } = decision.facts
  const element = createElement('li', 'card entry')
  element.dataset['decision'] = String(number)
  const heading = createElement('h3', '', `${number}. ${decisionWords[kind]}`)
  const hasEnd = kind === 'ban' || (kind === 'slow' && untilMs !== null)
  if (hasEnd) heading.append(` ${untilWords(untilMs)}`)
  const line = createElement('p', 'line', 'Person ')
  const person = createElement('code', '', personWords(personId))
  person.title = personId
  line.append(person, ` at ${siteWords(site)}${reason ? ` · ${reasonWords[reason]}` : ''}`)
  const author = isAutomatic ? 'automatically, by rule' : `by ${safeText(by)}`
  const count = reportIds.length === 1 ? '1 report' : `${reportIds.length} reports`
  const basis =
    kind === 'lift'
      ? ''
      : ` · on ${count} of ${reporters === 1 ? '1 reporter' : `${reporters} reporters`}`
  const meta = createElement('p', 'meta', `${formatDate(atMs)} ${author}${basis} · id ${id}`)
  const text = createElement('div')
  text.append(heading, line, meta)
  if (note) {
    const quote = createElement('blockquote')
    quote.append(createElement('bdi', '', safeText(note)))
    text.append(quote)
  }
  element.append(text)
  return { element, show: () => undefined }
}

const verdictWords = (result: LoadResult<AuditVerdict>): readonly [string, string] => {
  if (result.kind === 'signed-out') return ['unknown', 'You are signed out.']
  if (result.kind === 'failed') {
    return ['unknown', `The log was not checked${result.reason && `: ${result.reason}`}.`]
  }
  const verdict = result.data
  if (!verdict.isIntact) {
    return ['broken', `The log was changed. Entry ${verdict.entry}: ${verdict.problem}`]
  }
  const { entries } = verdict
  return [
    'intact',
    entries === 0
      ? 'The log is empty.'
      : `The log is intact: the hashes of ${entries === 1 ? '1 entry' : `all ${entries} entries`} are right.`,
  ]
}

/** The log of decisions. */
export interface DecisionsView {
  /** Shows the latest decisions, and the older ones that were loaded before. */
  readonly show: (answer: DecisionsAnswer) => void
  /** Shows only the decisions of this site; those of every site if it is undefined. */
  readonly filter: (site: string | undefined) => void
  /** Lets the server check the log, and shows the result. */
  readonly verify: () => Promise<void>
}

/** How many entries one response of the server has. */
const maxExported = 10_000

/** Prepares the log of decisions. */
export function createDecisionsView(): DecisionsView {
  const empty = pageElement('decisions-empty')
  const more = pageElement('decisions-more') as HTMLButtonElement
  const verdict = pageElement('verdict')
  const verifyButton = pageElement('verify') as HTMLButtonElement
  /** All decisions that were loaded, by their numbers. They never change. */
  const known = new Map<number, Decision>()
  let site: string | undefined
  let hasOlder: boolean | undefined
  const rows = new KeyedList<Decision>(pageElement('decisions-list'), {
    keyOf: ({ number }) => String(number),
    createRow: createDecisionRow,
  })

  const add = ({ decisions }: DecisionsAnswer): void => {
    for (const decision of decisions) known.set(decision.number, decision)
  }

  const render = (): void => {
    const shown = [...known.values()]
      .filter((decision) => site === undefined || decision.site === site)
      .sort((one, other) => other.number - one.number)
    rows.show(shown)
    empty.hidden = shown.length > 0
    showText(empty, 'No decisions yet.')
    more.hidden = !hasOlder
  }

  more.addEventListener('click', async () => {
    more.disabled = true
    const result = await loadDecisions(Math.min(...known.keys()))
    more.disabled = false
    if (result.kind !== 'data') return
    add(result.data)
    hasOlder = result.data.nextBefore !== null
    render()
  })

  const exportPart = pageElement('export-part')
  const verify = async (): Promise<void> => {
    verifyButton.disabled = true
    const result = await loadVerdict()
    const [state, words] = verdictWords(result)
    const isWhole = result.kind !== 'data' || !result.data.isIntact
    exportPart.hidden = isWhole || result.data.entries <= maxExported
    verdict.dataset['verdict'] = state
    showText(verdict, words)
    verifyButton.disabled = false
  }
  verifyButton.addEventListener('click', () => void verify())

  return {
    show: (answer) => {
      add(answer)
      // Later responses contain only the latest page, so they do not show whether there are older decisions.
      hasOlder ??= answer.nextBefore !== null
      render()
    },
    filter: (wanted) => {
      site = wanted
      render()
    },
    verify,
  }
}
