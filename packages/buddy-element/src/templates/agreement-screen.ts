import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { AgreementView } from '../view/agreement-view.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'
import type { Words } from '../words/words.ts'
import { outsideLink } from './outside-link.ts'

function links(
  words: Words,
  { termsUrl, privacyUrl }: AgreementView,
): TemplateResult | typeof nothing {
  const shown = [
    outsideLink(words, termsUrl, words.terms, 'terms-link'),
    outsideLink(words, privacyUrl, words.privacyNotice, 'privacy-link'),
  ].filter((link) => link !== nothing)
  if (shown.length === 0) return nothing
  const [before = '', after = ''] = words.agreementLinks.split('{links}')
  return html`<p>
    ${before}${shown.map((link, index) => html`${index > 0 ? ', ' : ''}${link}`)}${after}
  </p>`
}

/**
 * The question of the attribute `agreement`, which is shown before the element opens a device or a
 * connection. A page can replace its words by the slot `agreement`.
 */
export function agreementScreen(
  question: AgreementView,
  { words }: ChatView,
  actions: ChatActions,
): TemplateResult {
  const handleSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    actions.answerAgreement(true)
  }
  return html`<form
    class="card agreement"
    part="agreement-screen"
    tabindex="-1"
    aria-labelledby="agreement-title"
    @submit=${handleSubmit}
  >
    <h2 id="agreement-title">${words.agreementTitle}</h2>
    <div class="terms" tabindex="0" role="group" aria-labelledby="agreement-title">
      <slot name="agreement">
        <p>${words.agreementBody}</p>
        ${links(words, question)}
      </slot>
    </div>
    ${
      question.minAge > 0
        ? html`<label class="tick">
            <input part="age-box" type="checkbox" name="age" required />
            <span>${fill(words.ageSentence, { age: question.minAge })}</span>
          </label>`
        : nothing
    }
    <button class="primary" part="accept-agreement-button" type="submit">
      ${words.acceptAgreement}
    </button>
    <button
      class="secondary"
      part="refuse-agreement-button"
      type="button"
      @click=${() => actions.answerAgreement(false)}
    >
      ${words.refuseAgreement}
    </button>
  </form>`
}
