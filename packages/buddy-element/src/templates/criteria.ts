import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { chosenText } from '../view/criteria-text.ts'
import { fill } from '../words/fill.ts'
import { icons } from './icons.ts'
import { interestField } from './interest-field.ts'
import { languageField } from './language-field.ts'

/** Returns whether the visitor sees interests or languages at all. */
const hasFields = ({ criteria }: ChatView): boolean =>
  criteria.interestUse !== 'hidden' || criteria.languageUse !== 'hidden'

function openButton(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, criteria } = view
  const chosen = chosenText(view)
  return html`<button
    class="criteria-toggle"
    part="criteria-button"
    type="button"
    aria-expanded=${criteria.isOpen ? 'true' : 'false'}
    @click=${() => actions.criteria.toggle()}
  >
    ${icons.settings}<span dir="auto"
      >${chosen ? fill(words.openCriteria, { chosen }) : words.criteria}</span
    >
  </button>`
}

/**
 * The fields for interests and languages on the start screen. If the element is low, a button opens
 * them.
 */
export function startCriteria(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  if (!hasFields(view)) return nothing
  return html`<div class="criteria ${view.criteria.isOpen ? 'open' : ''}" part="criteria">
    ${openButton(view, actions)}
    <div class="criteria-fields">
      ${interestField(view, actions.criteria)} ${languageField(view, actions.criteria)}
    </div>
  </div>`
}

/** The button that opens the fields while the visitor waits. */
export function changeButton(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, criteria } = view
  if (!hasFields(view)) return nothing
  return html`<button
    class="choice change"
    part="change-button"
    type="button"
    aria-label=${words.changeCriteria}
    aria-expanded=${criteria.isOpen ? 'true' : 'false'}
    @click=${() => actions.criteria.toggle()}
  >
    ${words.change}
  </button>`
}

/**
 * The panel of these fields, above the stage. It stays open when a partner is found, so that what
 * the visitor is typing does not act as shortcuts.
 */
export function criteriaPanel(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, criteria } = view
  if (!criteria.isOpen || !hasFields(view)) return nothing
  return html`<section
    class="devices criteria-panel"
    part="criteria-panel"
    aria-label=${words.criteria}
  >
    <header>
      <h2>${words.criteria}</h2>
      <button
        class="close"
        part="close-criteria-button"
        type="button"
        aria-label=${words.closeCriteria}
        title=${words.closeCriteria}
        @click=${() => actions.criteria.toggle()}
      >
        ${icons.stop}
      </button>
    </header>
    ${interestField(view, actions.criteria)} ${languageField(view, actions.criteria)}
  </section>`
}
