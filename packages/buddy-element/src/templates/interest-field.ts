import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { hasSeparator } from '../criteria/interests.ts'
import { isForInputMethod } from '../keyboard.ts'
import type { CriteriaActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { remarkText } from '../view/criteria-text.ts'
import { isRefusal } from '../view/criteria-view.ts'
import { fill } from '../words/fill.ts'
import { focusNeighbour } from './focus-neighbour.ts'
import { icons } from './icons.ts'

/** Adds the interests in the field. Refused interests that the visitor can correct stay in the field. */
function take(field: HTMLInputElement, actions: CriteriaActions): void {
  if (field.value !== '') field.value = actions.addInterests(field.value)
}

/** Adds the text in the interest field of a form, if there is one. For a form that is submitted. */
export function takeTypedInterest(form: HTMLFormElement, actions: CriteriaActions): void {
  const field = form.querySelector<HTMLInputElement>('[part~="interest-input"]')
  if (field) take(field, actions)
}

function chips(view: ChatView, actions: CriteriaActions): TemplateResult | typeof nothing {
  const { words, criteria } = view
  const { interests, interestUse } = criteria
  if (interests.length === 0) return nothing
  const handleRemove = ({ currentTarget }: Event, interest: string): void => {
    focusNeighbour(currentTarget as HTMLElement)
    actions.removeInterest(interest)
  }
  return html`<ul class="chips" part="interests" role="list" aria-label=${words.interests}>
    ${repeat(
      interests,
      (interest) => interest,
      (interest) =>
        html`<li class="chip" part="interest">
          <span dir="auto">${interest}</span>
          ${
            interestUse === 'editable'
              ? html`<button
                  part="remove-interest-button"
                  type="button"
                  aria-label=${fill(words.removeInterest, { interest })}
                  @click=${(event: Event) => handleRemove(event, interest)}
                >
                  ${icons.stop}
                </button>`
              : nothing
          }
        </li>`,
    )}
  </ul>`
}

function input(view: ChatView, actions: CriteriaActions): TemplateResult {
  const { words, criteria } = view
  const { interests, remark } = criteria
  const isRefused = remark?.field === 'interests' && isRefusal(remark)
  const handleKey = (event: KeyboardEvent): void => {
    const field = event.target as HTMLInputElement
    if (isForInputMethod(event)) return
    if (event.key === 'Enter') {
      // Enter never starts the chat here, because visitors often press it twice.
      event.preventDefault()
      if (!event.repeat) take(field, actions)
    }
    const last = interests.at(-1)
    if (event.key === 'Backspace' && field.value === '' && !event.repeat && last) {
      actions.removeInterest(last)
    }
  }
  const handleInput = (event: InputEvent): void => {
    const field = event.target as HTMLInputElement
    if (isRefused) actions.forgetRemark()
    // The keyboards of phones send no key for a comma, only this event.
    if (!event.isComposing && hasSeparator(field.value)) take(field, actions)
  }
  const handlePaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text') ?? ''
    // The browser would remove the line breaks of a pasted list.
    if (!hasSeparator(text)) return
    event.preventDefault()
    const field = event.target as HTMLInputElement
    field.value = actions.addInterests(`${field.value}${text}`)
  }
  return html`<input
    part="interest-input"
    autocomplete="off"
    enterkeyhint="done"
    dir="auto"
    aria-label=${words.interests}
    aria-describedby="interests-remark"
    aria-invalid=${isRefused ? 'true' : nothing}
    placeholder=${interests.length > 0 ? words.anotherInterestPlaceholder : words.interestPlaceholder}
    @keydown=${handleKey}
    @input=${handleInput}
    @compositionend=${handleInput}
    @paste=${handlePaste}
    @change=${({ target }: Event) => take(target as HTMLInputElement, actions)}
  />`
}

/** The visitor's interests as chips, and the field that adds more. */
export function interestField(
  view: ChatView,
  actions: CriteriaActions,
): TemplateResult | typeof nothing {
  const { words, criteria } = view
  const { interestUse, interests, remark } = criteria
  if (interestUse === 'hidden' || (interestUse === 'fixed' && interests.length === 0)) {
    return nothing
  }
  const isShown = remark?.field === 'interests' && isRefusal(remark)
  return html`<div
    class="criterion"
    part="interests-field"
    role="group"
    aria-label=${words.interests}
  >
    <div class=${interestUse === 'editable' ? 'chip-box' : 'chip-row'}>
      ${chips(view, actions)} ${interestUse === 'editable' ? input(view, actions) : nothing}
    </div>
    <p
      class=${isShown ? 'refusal' : 'unseen'}
      part="interests-remark"
      id="interests-remark"
      role="status"
    >
      ${remarkText(view, 'interests')}
    </p>
  </div>`
}
