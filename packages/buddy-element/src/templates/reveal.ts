import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { shortcuts } from '../shortcuts.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { revealText } from '../view/reveal-text.ts'
import { fill } from '../words/fill.ts'
import { icons } from './icons.ts'

/**
 * Shows which of the two have agreed to show the faces, and the button with which the visitor agrees or
 * withdraws. The button is the same node in each state, so that it keeps the focus.
 */
export function revealPrompt(
  view: ChatView,
  { toggleFace }: ChatActions,
): TemplateResult | typeof nothing {
  const { words, reveal } = view
  const text = revealText(view)
  if (!reveal || !text) return nothing
  const label = reveal.self ? words.hideFace : words.showFace
  return html`<div class="reveal ${reveal.isRevealed ? 'lifted' : ''}" part="reveal">
    <p part="reveal-text">${reveal.isRevealed ? nothing : text}</p>
    <button
      class="secondary"
      part="reveal-button"
      type="button"
      aria-keyshortcuts=${shortcuts.face}
      title=${fill(words.withKey, { label, key: shortcuts.face })}
      @click=${() => toggleFace()}
    >
      ${reveal.self ? icons.eyeOff : icons.eye}${label}
    </button>
  </div>`
}
