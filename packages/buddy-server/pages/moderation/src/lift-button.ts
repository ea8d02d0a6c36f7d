import { createElement } from '../../shared/elements.ts'
import type { Question } from './confirm-dialog.ts'
import { personWords } from './words.ts'

/** What a button that lifts a restriction needs. */
export interface LiftOptions {
  readonly confirm: (question: Question) => Promise<boolean>
  /** Lifts a restriction. Resolves with the reason if this was not possible, otherwise with undefined. */
  readonly lift: (id: string) => Promise<string | undefined>
}

interface Liftable {
  readonly id: string
  readonly personId: string
  readonly kind: 'slow' | 'ban'
}

/**
 * Creates the button that lifts a ban or a slowed search, after a confirmation.
 * @param onProblem called with why the restriction was not lifted, and with an empty text before an attempt
 */
export function createLiftButton(
  { id, personId, kind }: Liftable,
  { confirm, lift }: LiftOptions,
  onProblem: (words: string) => void,
): HTMLButtonElement {
  const what = kind === 'ban' ? 'ban' : 'slowing'
  const effect = kind === 'ban' ? 'may use the chat again' : 'is matched as fast as others'
  const button = createElement('button', 'lift', 'Lift')
  button.type = 'button'
  button.setAttribute('aria-label', `Lift the ${what} of person ${personWords(personId)}`)
  button.addEventListener('click', async () => {
    const isConfirmed = await confirm({
      heading: `Lift this ${what}?`,
      text: `Person ${personWords(personId)} ${effect} at once, and open reports are closed.`,
      yes: `Lift the ${what}`,
    })
    if (!isConfirmed) return
    onProblem('')
    button.disabled = true
    onProblem((await lift(id)) ?? '')
    button.disabled = false
  })
  return button
}
