import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { statusText } from '../view/status-text.ts'
import { fill } from '../words/fill.ts'
import { doctorButton } from './doctor-dialog.ts'
import { reportEarlierButton } from './report-sheet.ts'
import { searchChoices } from './search-choices.ts'

/** Returns the text that counts down the seconds until the client connects to the server again. */
function retryText({ words, retry }: ChatView): string {
  if (!retry) return ''
  const { seconds } = retry
  return seconds > 0 ? fill(words.retryIn, { seconds }) : words.retryNow
}

/** The button that ends a wait. It connects to the server now, or looks for another partner. */
function waitButton(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, state, retry, isLost } = view
  if (state !== 'reconnecting' || (!retry && !isLost)) return nothing
  const [part, label, act] = retry
    ? ['retry-button', words.tryNow, actions.retryNow]
    : ['another-button', words.findAnother, actions.next]
  return html`${retry ? html`<p class="fine" part="retry">${retryText(view)}</p>` : nothing}
    <button class="secondary" part=${part} type="button" @click=${() => act()}>${label}</button>`
}

/** The text in the middle of the stage while no partner is shown, and its button. */
export function status(view: ChatView, actions: ChatActions): TemplateResult {
  const { words } = view
  const { title, detail } = statusText(view)
  return html`<div class="status" part="status">
    <div class="pulse ${view.state}" aria-hidden="true"><i></i><i></i><i></i></div>
    <h2 class=${view.search ? 'search' : ''}>${title}</h2>
    ${detail ? html`<p>${detail}</p>` : nothing} ${waitButton(view, actions)}
    ${searchChoices(view, actions)}
    ${view.hasChangesWaiting ? html`<p class="fine" part="changes-waiting">${words.changesWaiting}</p>` : nothing}
    ${view.retry || view.isLost || view.hasCallFailed ? doctorButton(view, actions) : nothing}
    ${reportEarlierButton(view, actions)}
  </div>`
}
