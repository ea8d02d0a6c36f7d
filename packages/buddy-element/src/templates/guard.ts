import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'

/** Covers the partner's blurred picture, with the reason and a button that shows it. */
export function partnerVeil(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, guard, partner } = view
  if (!guard.isPartnerVeiled) return nothing
  return html`<div class="veil" part="partner-veil">
    <p>${fill(words.pictureVeiled, { partner: partner?.name ?? '' })}</p>
    <button
      class="secondary"
      part="show-partner-button"
      type="button"
      @click=${() => actions.showPartner()}
    >
      ${words.showAnyway}
    </button>
  </div>`
}

/** Shows why the visitor's own picture is not sent, and a button that sends it again. */
export function ownPictureHidden(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, guard } = view
  if (guard.self === 'shown') return nothing
  return html`<div class="toast question" part="self-hidden" role="status">
    <div>
      <p>${guard.self === 'off' ? words.ownPictureHidden : words.ownPictureCoarse}</p>
      <button
        class="secondary"
        part="show-self-button"
        type="button"
        @click=${() => actions.showSelf()}
      >
        ${words.showOwnPicture}
      </button>
    </div>
  </div>`
}
