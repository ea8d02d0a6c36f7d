import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { KeyedList } from '../../shared/keyed-list.ts'
import { formatDate } from '../../shared/time-format.ts'
import type { BanEntry, BansAnswer } from './data.ts'
import type { LiftOptions } from './lift-button.ts'
import { createLiftButton } from './lift-button.ts'
import { personWords, reasonWords, safeText, siteWords, untilWords } from './words.ts'

function createBanRow(ban: BanEntry, options: LiftOptions): Row<BanEntry> {
  const { id, personId, site, atMs, untilMs, reason, isAutomatic, by, holdsForAddress } = ban
  const element = createElement('li', 'card entry')
  element.dataset['ban'] = id
  const heading = createElement('h3', '', 'Person ')
  heading.append(createElement('code', '', personWords(personId)))
  heading.title = personId
  const until = createElement('p', 'line', `${reasonWords[reason]} · banned ${untilWords(untilMs)}`)
  const author = isAutomatic ? 'by rule' : `by ${safeText(by)}`
  const address = holdsForAddress ? ' · also refuses the latest address' : ''
  const meta = createElement(
    'p',
    'meta',
    `${siteWords(site)} · since ${formatDate(atMs)} ${author}${address}`,
  )
  const unstored = createElement('p', 'error', 'In memory only: the data folder cannot be written.')
  const error = createElement('p', 'error')
  error.setAttribute('role', 'alert')
  const button = createLiftButton({ id, personId, kind: 'ban' }, options, (words) =>
    showText(error, words),
  )
  const text = createElement('div')
  text.append(heading, until, meta, unstored, error)
  element.append(text, button)
  return { element, show: ({ isStored }) => (unstored.hidden = isStored) }
}

/** Prepares the list of bans. Returns a function that shows the bans of a response. */
export function createBansView(options: LiftOptions): (answer: BansAnswer) => void {
  const empty = pageElement('bans-empty')
  const rows = new KeyedList<BanEntry>(pageElement('bans-list'), {
    keyOf: ({ id }) => id,
    createRow: (ban) => createBanRow(ban, options),
  })
  return ({ bans, nextBefore }) => {
    pageElement('bans-rest').hidden = nextBefore === null
    rows.show(bans)
    empty.hidden = bans.length > 0
    showText(empty, 'Nobody is banned.')
  }
}
