import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { icons } from '../icons.ts'
import type { ChatActions, ChatView } from '../view.ts'
import { words } from '../words.ts'

const isUndecided = ({ hidesAddress, mode, trust }: ChatView): boolean =>
  hidesAddress && mode !== 'text' && !(trust.self && trust.partner)

/** Beside the partner's name: addresses are hidden, and what one can do about it. */
export function trustMark(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  if (!isUndecided(view)) return nothing
  const name = view.partner?.name ?? ''
  return view.trust.self
    ? html`<span class="trust" part="awaiting-trust"
        >${icons.shield}${words.awaitingTrust(name)}</span
      >`
    : html`<button
        class="trust"
        part="trust-button"
        type="button"
        title=${words.connectDirectlyHint(name)}
        @click=${() => actions.trust()}
      >
        ${icons.shield}${words.connectDirectly}
      </button>`
}

/** The partner's wish, said until it is answered or the call is over. */
export function trustRequest(
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { trust, partner } = view
  if (!isUndecided(view) || !trust.partner) return nothing
  return html`<div class="toast question" part="trust-request" role="status">
    <div>
      <p>${words.trusts(partner?.name ?? '')}</p>
      <button class="secondary" part="agree-button" type="button" @click=${() => actions.trust()}>
        ${words.agree}
      </button>
    </div>
  </div>`
}
