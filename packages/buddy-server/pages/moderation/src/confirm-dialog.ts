import { pageElement, showText } from '../../shared/elements.ts'

/** A question to the operator. */
export interface Question {
  readonly heading: string
  readonly text: string
  /** The words of the button that confirms. */
  readonly yes: string
}

/**
 * Prepares the dialog in which the operator confirms a decision that is hard to undo. Returns a function that
 * opens it, and resolves with whether the operator has confirmed.
 */
export function createConfirmDialog(): (question: Question) => Promise<boolean> {
  const dialog = pageElement('confirm') as HTMLDialogElement
  const yes = pageElement('confirm-yes')
  let resolve: ((isConfirmed: boolean) => void) | undefined
  const answer = (isConfirmed: boolean): void => {
    dialog.close()
    resolve?.(isConfirmed)
    resolve = undefined
  }
  pageElement('confirm-cancel').addEventListener('click', () => answer(false))
  yes.addEventListener('click', () => answer(true))
  // The Escape key closes the dialog too. The event may arrive after the dialog was opened for the next question.
  dialog.addEventListener('close', () => {
    if (!dialog.open) answer(false)
  })
  return (question) => {
    showText(pageElement('confirm-heading'), question.heading)
    showText(pageElement('confirm-text'), question.text)
    showText(yes, question.yes)
    dialog.showModal()
    return new Promise((settle) => {
      resolve = settle
    })
  }
}
