import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { icons } from './icons.ts'
import type { ChatActions, ChatView } from '../view/chat-view.ts'
import { explain, offersAudioOnly, words } from '../words/english.ts'
import { doctorButton } from './doctor-dialog.ts'

/** It could not start, or ended for good: why, and what one can do now. */
export function problemScreen(
  problem: NonNullable<ChatView['problem']>,
  { isPreviewProblem }: ChatView,
  actions: ChatActions,
): TemplateResult {
  const { title, body } = explain(problem)
  const audioOnly = html`<button
    class="secondary"
    part="audio-only-button"
    type="button"
    @click=${() => actions.start({ withoutCamera: true })}
  >
    ${words.audioOnly}
  </button>`
  return html`<div class="card" part="problem-screen" role="alert">
    <span class="badge">${icons.alert}</span>
    <h2>${title}</h2>
    <p>${body}</p>
    <button
      class="primary"
      part="start-button"
      type="button"
      @click=${() => (isPreviewProblem ? actions.preview() : actions.start())}
    >
      ${words.tryAgain}
    </button>
    ${offersAudioOnly(problem) ? audioOnly : nothing} ${doctorButton(actions)}
  </div>`
}
