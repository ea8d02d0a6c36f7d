import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions, ChatView } from '../view.ts'
import { offersText } from '../view.ts'
import { words } from '../words.ts'
import { controls } from './controls.ts'
import { doctorDialog } from './doctor-dialog.ts'
import { problemScreen } from './problem-screen.ts'
import { stage } from './stage.ts'
import { startScreen } from './start-screen.ts'
import { statusWords } from './status.ts'
import { textPanel } from './text-panel.ts'

/** For screen readers: each change of what goes on, once. */
function announcement(view: ChatView): string {
  const { state, partner } = view
  if (state === 'idle' || state === 'closed') return ''
  if (state === 'connected') return words.connected(partner?.name ?? '')
  return statusWords(view).title
}

/** The whole element as a function of its view. */
export function chat(view: ChatView, actions: ChatActions): TemplateResult {
  const { state, mode, problem, isTextOpen } = view
  const live = html`<p class="unseen" role="status" aria-live="polite">${announcement(view)}</p>`
  if (state === 'idle' || state === 'closed') {
    return html`<div class="frame resting" part="frame">
      ${live}${problem ? problemScreen(problem, view, actions) : startScreen(view, actions)}
      ${doctorDialog(view, actions)}
    </div>`
  }
  const isText = mode === 'text'
  const hasPanel = isText || (offersText(view) && view.partner !== undefined)
  const layout = [
    'frame running',
    isText ? 'text-mode' : '',
    hasPanel ? 'has-panel' : '',
    isTextOpen ? 'text-open' : '',
  ]
  return html`<div class=${layout.join(' ')} part="frame">
    ${live} ${stage(view, actions)} ${hasPanel ? textPanel(view, actions) : nothing}
    ${controls(view, actions)} ${doctorDialog(view, actions)}
  </div>`
}
