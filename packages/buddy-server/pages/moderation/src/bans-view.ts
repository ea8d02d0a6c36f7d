import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { KeyedList } from '../../shared/keyed-list.ts'
import { formatDate } from '../../shared/time-format.ts'
import type { Question } from './confirm-dialog.ts'
import type { BanEntry } from './data.ts'
import { personWords, reasonWords, safeText, siteWords, untilWords } from './words.ts'

interface BansViewOptions {
  readonly confirm: (question: Question) => Promise<boolean>
  /** Lifts a ban. Resolves with why that was not possible, or undefined if it was. */
  readonly lift: (ban: BanEntry) => Promise<string | undefined>
}

function createBanRow(ban: BanEntry, { confirm, lift }: BansViewOptions): Row<BanEntry> {
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
  const button = createElement('button', '', 'Lift')
  button.type = 'button'
  button.setAttribute('aria-label', `Lift the ban of person ${personWords(personId)}`)
  button.addEventListener('click', async () => {
    const isConfirmed = await confirm({
      heading: 'Lift this ban?',
      text: `Person ${personWords(personId)} may use the chat again at once.`,
      yes: 'Lift the ban',
    })
    if (!isConfirmed) return
    button.disabled = true
    showText(error, (await lift(ban)) ?? '')
    button.disabled = false
  })
  const text = createElement('div')
  text.append(heading, until, meta, unstored, error)
  element.append(text, button)
  return { element, show: ({ isStored }) => (unstored.hidden = isStored) }
}

/** Prepares the list of bans. Returns a function that shows the given ones. */
export function createBansView(options: BansViewOptions): (bans: readonly BanEntry[]) => void {
  const empty = pageElement('bans-empty')
  const rows = new KeyedList<BanEntry>(pageElement('bans-list'), {
    keyOf: ({ id }) => id,
    createRow: (ban) => createBanRow(ban, options),
  })
  return (bans) => {
    rows.show(bans)
    empty.hidden = bans.length > 0
    showText(empty, 'Nobody is banned.')
  }
}
