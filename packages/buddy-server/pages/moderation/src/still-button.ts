import { createElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { formatDate } from '../../shared/time-format.ts'
import type { ReportEntry } from './data.ts'
import { stillUrl } from './requests.ts'
import { reasonWords } from './words.ts'

/**
 * Creates the picture of a report. It is blurred and grey until the operator presses it, so that an operator
 * does not see it by accident. A second press blurs it again.
 */
export function createStillButton({ id, reason, atMs }: ReportEntry): Row<ReportEntry> {
  const element = createElement('li')
  const button = createElement('button', 'still')
  button.type = 'button'
  button.dataset['still'] = id
  button.dataset['shown'] = 'false'
  const image = createElement('img')
  image.alt = ''
  image.loading = 'lazy'
  image.decoding = 'async'
  image.src = stillUrl(id)
  const hint = createElement('span', 'still-hint', 'Show')
  const about = `the picture of ${formatDate(atMs)}, ${reasonWords[reason]}`
  image.addEventListener('error', () => {
    button.disabled = true
    showText(hint, 'No longer stored')
  })
  button.addEventListener('click', () => {
    const isShown = button.dataset['shown'] !== 'true'
    button.dataset['shown'] = String(isShown)
    showText(hint, isShown ? 'Hide' : 'Show')
  })
  button.append(image, hint, ' ', createElement('span', 'unseen', about))
  element.append(button)
  return { element, show: () => undefined }
}
