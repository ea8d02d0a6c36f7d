import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { languageName, offeredLanguages } from '../criteria/languages.ts'
import type { CriteriaActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { remarkText } from '../view/criteria-text.ts'
import { isRefusal } from '../view/criteria-view.ts'
import { fill } from '../words/fill.ts'
import { focusNeighbour } from './focus-neighbour.ts'
import { icons } from './icons.ts'

function chip(
  { words, criteria }: ChatView,
  actions: CriteriaActions,
  tag: string,
  index: number,
): TemplateResult {
  const { languageUse, languages, pageLanguage } = criteria
  const language = languageName(tag, pageLanguage)
  const handleRemove = ({ currentTarget }: Event): void => {
    focusNeighbour(currentTarget as HTMLElement)
    actions.removeLanguage(tag)
  }
  // The button of the first language does nothing. It stays, so that it does not lose the focus and no other
  // button takes its place under a finger.
  const prefer = html`<button
    part="prefer-language-button"
    type="button"
    aria-label=${fill(words.preferLanguage, { language })}
    aria-disabled=${index === 0 ? 'true' : nothing}
    @click=${() => actions.preferLanguage(tag)}
  >
    ${icons.up}
  </button>`
  return html`<li class="chip" part="language">
    <span dir="auto">${language}</span>
    ${
      languageUse === 'editable'
        ? html`${languages.length > 1 ? prefer : nothing}
            <button
              part="remove-language-button"
              type="button"
              aria-label=${fill(words.removeLanguage, { language })}
              @click=${handleRemove}
            >
              ${icons.stop}
            </button>`
        : nothing
    }
  </li>`
}

function adder({ words, criteria }: ChatView, actions: CriteriaActions): TemplateResult {
  // A button adds the language, because a list changes its value at every key press.
  const handleAdd = ({ currentTarget }: Event): void => {
    const list = (currentTarget as HTMLElement).parentElement!.querySelector('select')!
    actions.addLanguage(list.value)
    list.value = ''
  }
  return html`<span class="adder">
    <select part="language-picker" aria-label=${words.languageToAdd}>
      <option value="">${words.chooseLanguage}</option>
      ${offeredLanguages(criteria.languages, criteria.pageLanguage).map(
        ({ language, name }) => html`<option value=${language}>${name}</option>`,
      )}
    </select>
    <button class="add" part="add-language-button" type="button" @click=${handleAdd}>
      ${words.addLanguage}
    </button>
  </span>`
}

/** The visitor's languages as chips in the order of preference, and the list that adds more. */
export function languageField(
  view: ChatView,
  actions: CriteriaActions,
): TemplateResult | typeof nothing {
  const { words, criteria } = view
  const { languages, languageUse, remark } = criteria
  if (languageUse === 'hidden' || (languageUse === 'fixed' && languages.length === 0)) {
    return nothing
  }
  const isShown = remark?.field === 'languages' && isRefusal(remark)
  return html`<div
    class="criterion"
    part="languages-field"
    role="group"
    aria-label=${words.languages}
  >
    <div class="chip-row">
      ${
        languages.length === 0
          ? nothing
          : html`<ol class="chips" part="languages" role="list" aria-label=${words.languages}>
              ${repeat(
                languages,
                (tag) => tag,
                (tag, index) => chip(view, actions, tag, index),
              )}
            </ol>`
      }
      ${languageUse === 'editable' ? adder(view, actions) : nothing}
    </div>
    <p class=${isShown ? 'refusal' : 'unseen'} part="languages-remark" role="status">
      ${remarkText(view, 'languages')}
    </p>
  </div>`
}
