import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { icons } from './icons.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'

/** Beside the partner's name: addresses are hidden, and what one can do about it. */
export function trustMark(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, trust, partner } = view
  if (!trust || (trust.self && trust.partner)) return nothing
  const name = partner?.name ?? ''
  return trust.self
    ? html`<span class="trust" part="awaiting-trust"
        >${icons.shield}${fill(words.awaitingTrust, { partner: name })}</span
      >`
    : html`<button
        class="trust"
        part="trust-button"
        type="button"
        title=${fill(words.connectDirectlyHint, { partner: name })}
        @click=${() => actions.trust()}
      >
        ${icons.shield}${words.connectDirectly}
      </button>`
}

/** The partner's wish, said until it is answered or put off, or the call is over. */
export function trustRequest(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, trust, isTrustPutOff, partner } = view
  if (!trust?.partner || trust.self || isTrustPutOff) return nothing
  return html`<div class="toast question" part="trust-request" role="status">
    <div>
      <p>${fill(words.trusts, { partner: partner?.name ?? '' })}</p>
      <span class="answers">
        <button class="secondary" part="agree-button" type="button" @click=${() => actions.trust()}>
          ${words.agree}
        </button>
        <button
          class="quieter"
          part="put-off-button"
          type="button"
          @click=${() => actions.putTrustOff()}
        >
          ${words.notNow}
        </button>
      </span>
    </div>
  </div>`
}
