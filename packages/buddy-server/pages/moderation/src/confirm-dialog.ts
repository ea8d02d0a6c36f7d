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
  pageElement('confirm-cancel').addEventListener('click', () => dialog.close(''))
  yes.addEventListener('click', () => dialog.close('confirm'))
  return (question) => {
    showText(pageElement('confirm-heading'), question.heading)
    showText(pageElement('confirm-text'), question.text)
    showText(yes, question.yes)
    dialog.returnValue = ''
    dialog.showModal()
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'confirm'), {
        once: true,
      })
    })
  }
}
