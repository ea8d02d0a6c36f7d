import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'
import { icons } from './icons.ts'

/**
 * The mark beside the partner's name while addresses are hidden. It is a button until the visitor
 * agrees to a direct connection.
 */
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

/**
 * The partner's request for a direct connection. It is shown until the visitor answers it or the
 * call ends.
 */
export function trustRequest(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, trust, isTrustPostponed, partner } = view
  if (!trust?.partner || trust.self || isTrustPostponed) return nothing
  return html`<div class="toast question" part="trust-request" role="status">
    <div>
      <p>${fill(words.trustRequest, { partner: partner?.name ?? '' })}</p>
      <span class="answers">
        <button class="secondary" part="agree-button" type="button" @click=${() => actions.trust()}>
          ${words.agree}
        </button>
        <button
          class="quieter"
          part="put-off-button"
          type="button"
          @click=${() => actions.postponeTrust()}
        >
          ${words.notNow}
        </button>
      </span>
    </div>
  </div>`
}
