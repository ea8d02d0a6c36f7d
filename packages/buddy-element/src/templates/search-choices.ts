import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { estimateText, languagesText, listText, wideningText } from '../view/search-text.ts'
import { fill } from '../words/fill.ts'
import { changeButton } from './criteria.ts'

function keepButton(part: string, label: string, isKept: boolean, act: () => void): TemplateResult {
  return html`<button
    class="choice"
    part=${part}
    type="button"
    aria-pressed=${isKept ? 'true' : 'false'}
    @click=${() => act()}
  >
    ${label}
  </button>`
}

/** The buttons that refuse to widen the search, or widen it fully at once. */
function choices(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, criteria, search } = view
  const { interests, languages, isOpenToAll } = criteria
  const { keepInterests, keepLanguages, searchAnybody } = actions.criteria
  const asksAnything = (search?.interests.length ?? 0) + (search?.languages.length ?? 0) > 0
  return html`${
    interests.length > 0 && !isOpenToAll
      ? keepButton(
          'keep-interests-button',
          fill(words.keepInterests, { interests: listText(view, 'disjunction', interests) }),
          criteria.keepsInterests,
          keepInterests,
        )
      : nothing
  }
  ${
    languages.length > 0 && !isOpenToAll
      ? keepButton(
          'keep-languages-button',
          fill(words.keepLanguages, { languages: languagesText(view, 'disjunction', languages) }),
          criteria.keepsLanguages,
          keepLanguages,
        )
      : nothing
  }
  ${
    asksAnything || isOpenToAll
      ? html`<button
          class="choice"
          part="anybody-button"
          type="button"
          @click=${() => searchAnybody()}
        >
          ${isOpenToAll ? words.notAnybody : words.anybody}
        </button>`
      : nothing
  }
  ${changeButton(view, actions)}`
}

/** Explains the wait, with buttons to change the search. */
export function searchChoices(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  // Servers of version 0.1 do not explain the wait, and cannot change a search that waits.
  if (view.state !== 'waiting' || !view.search) return nothing
  const lines = [estimateText(view), wideningText(view)].filter((line) => line !== undefined)
  return html`${lines.map((line) => html`<p class="fine">${line}</p>`)}
    <div class="choices" part="search-choices">${choices(view, actions)}</div>`
}
