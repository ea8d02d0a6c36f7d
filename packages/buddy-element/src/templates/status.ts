import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions, ChatView } from '../view/chat-view.ts'
import { explain, words } from '../words/english.ts'
import { doctorButton } from './doctor-dialog.ts'

interface StatusWords {
  readonly title: string
  readonly detail: string | undefined
}

/** What is going on while there is nobody to see, in words. */
export function statusWords(view: ChatView): StatusWords {
  const { state, mode, localStream, online, partner, retry, notice } = view
  switch (state) {
    case 'connecting':
      return mode === 'text' || localStream
        ? { title: words.connecting, detail: undefined }
        : { title: words.openingDevices, detail: words.openingDevicesHint[mode] }
    case 'negotiating':
      return { title: words.negotiating(partner?.name ?? ''), detail: notice }
    case 'reconnecting': {
      if (view.isLost && !retry) return { title: words.lost, detail: words.lostHint }
      const { title, body } = retry ? explain(retry.error) : { title: words.connecting, body: '' }
      return { title, detail: body }
    }
    default: {
      const company =
        online === undefined ? undefined : online > 1 ? words.online(online) : words.alone
      return { title: words.looking, detail: notice ?? company }
    }
  }
}

/** The one thing to press, where something is waited for. */
function remedy(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { state, retry, isLost } = view
  if (state !== 'reconnecting' || (!retry && !isLost)) return nothing
  const [part, label, act] = retry
    ? ['retry-button', words.tryNow, actions.retryNow]
    : ['another-button', words.findAnother, actions.next]
  return html`${
      retry ? html`<p class="fine" part="retry">${words.retryIn(retry.seconds)}</p>` : nothing
    } <button class="secondary" part=${part} type="button" @click=${() => act()}>${label}</button>`
}

/** The middle of the stage while nobody is there yet. */
export function status(view: ChatView, actions: ChatActions): TemplateResult {
  const { title, detail } = statusWords(view)
  return html`<div class="status" part="status">
    <div class="pulse ${view.state}" aria-hidden="true"><i></i><i></i><i></i></div>
    <h2>${title}</h2>
    ${detail ? html`<p>${detail}</p>` : nothing} ${remedy(view, actions)}
    ${view.hasChangesWaiting ? html`<p class="fine" part="changes-waiting">${words.changesWaiting}</p>` : nothing}
    ${view.retry || view.isLost || view.hasCallFailed ? doctorButton(actions) : nothing}
  </div>`
}
