import type { BuddyError } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { explain } from '../words/explain.ts'
import { doctorButton } from './doctor-dialog.ts'
import { icons } from './icons.ts'
import { measureDetails } from './measure.ts'

/** Returns whether a start without a camera could solve the problem. */
function offersAudioOnly({ code, devices }: BuddyError): boolean {
  switch (code) {
    case 'permission-denied':
    case 'device-busy':
    case 'overconstrained':
    case 'media-failed':
      return devices.includes('camera')
    case 'device-not-found':
    case 'blocked-by-policy':
      // If the microphone is affected too, a start without a camera would also fail.
      return devices.length === 1 && devices[0] === 'camera'
    default:
      return false
  }
}

/**
 * The screen for an error that prevented the start or closed the client. It shows what the error
 * means, and what the visitor can do.
 */
export function problemScreen(
  problem: BuddyError,
  view: ChatView,
  actions: ChatActions,
): TemplateResult {
  const { words, isPreviewProblem } = view
  const { title, body } = explain(words, problem)
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
    ${problem.measure ? measureDetails(words, problem.measure) : nothing}
    <button
      class="primary"
      part="start-button"
      type="button"
      @click=${() => (isPreviewProblem ? actions.preview() : actions.start())}
    >
      ${words.tryAgain}
    </button>
    ${offersAudioOnly(problem) ? audioOnly : nothing} ${doctorButton(view, actions)}
  </div>`
}
