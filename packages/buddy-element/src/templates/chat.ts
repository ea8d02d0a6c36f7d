import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { offersText } from '../view/chat-view.ts'
import { isRunning } from '../view/is-running.ts'
import { agreementScreen } from './agreement-screen.ts'
import { controls } from './controls.ts'
import { doctorDialog } from './doctor-dialog.ts'
import { measureNotice } from './measure.ts'
import { problemScreen } from './problem-screen.ts'
import { reportSheet } from './report-sheet.ts'
import { stage } from './stage.ts'
import { startScreen } from './start-screen.ts'
import { textPanel } from './text-panel.ts'

/**
 * Shown while the client is stopped: the question for an agreement, the problem that stopped the client, or
 * the start screen.
 */
function resting(view: ChatView, actions: ChatActions): TemplateResult {
  if (view.agreement) return agreementScreen(view.agreement, view, actions)
  return view.problem ? problemScreen(view.problem, view, actions) : startScreen(view, actions)
}

function running(view: ChatView, actions: ChatActions, hasPanel: boolean): TemplateResult {
  return html`${stage(view, actions)} ${hasPanel ? textPanel(view, actions) : nothing}
  ${controls(view, actions)}`
}

/**
 * The whole element as a function of its view. The frame, the live region and the dialog remain the
 * same nodes in every state. Screen readers would ignore a live region that is replaced.
 */
export function chat(view: ChatView, actions: ChatActions): TemplateResult {
  const { mode, isTextOpen } = view
  const isText = mode === 'text'
  // The panel is also there without a partner. If it appeared and disappeared, it would move the
  // controls.
  const hasPanel = isText || offersText(view)
  const layout = [
    'frame running',
    isText ? 'text-mode' : '',
    hasPanel ? 'has-panel' : '',
    isTextOpen ? 'text-open' : '',
  ]
  return html`<div class=${isRunning(view) ? layout.join(' ') : 'frame resting'} part="frame">
    <p class="unseen" role="status" aria-live="polite">${view.announcement}</p>
    ${isRunning(view) ? running(view, actions, hasPanel) : resting(view, actions)}
    ${measureNotice(view, actions)}
    ${view.report ? reportSheet(view.report, view, actions) : doctorDialog(view, actions)}
  </div>`
}
