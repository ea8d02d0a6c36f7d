import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { shortcuts } from '../shortcuts.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { offersText } from '../view/chat-view.ts'
import { canReport } from '../view/can-report.ts'
import { fill } from '../words/fill.ts'
import type { Words } from '../words/words.ts'
import { icons } from './icons.ts'

interface Toggle {
  readonly words: Words
  readonly part: string
  readonly isOn: boolean
  /**
   * False if there is no device to turn on or off. The button then does nothing, but keeps its
   * place and its focus.
   */
  readonly isAvailable: boolean
  readonly label: string
  readonly shortcut: string
  readonly icon: TemplateResult
  readonly action: () => void
}

function toggle({
  words,
  part,
  isOn,
  isAvailable,
  label,
  shortcut,
  icon,
  action,
}: Toggle): TemplateResult {
  return html`<button
    class="round ${isOn ? '' : 'off'}"
    part="control ${part}"
    type="button"
    aria-label=${label}
    aria-keyshortcuts=${shortcut}
    aria-disabled=${isAvailable ? nothing : 'true'}
    title=${fill(words.withKey, { label, key: shortcut })}
    @click=${() => isAvailable && action()}
  >
    ${icon}
  </button>`
}

function microphoneToggle(view: ChatView, { toggleMicrophone }: ChatActions): TemplateResult {
  const { words, localStream, sending } = view
  const isMissing = localStream?.getAudioTracks().length === 0
  const isOn = sending.audio && !isMissing
  const label = isOn ? words.muteMicrophone : words.unmuteMicrophone
  return toggle({
    words,
    part: 'microphone-button',
    isOn,
    isAvailable: localStream !== undefined && !isMissing,
    label: isMissing ? words.noDevice.microphone : label,
    shortcut: shortcuts.microphone,
    icon: isOn ? icons.microphone : icons.microphoneOff,
    action: toggleMicrophone,
  })
}

function cameraToggle(view: ChatView, { toggleCamera }: ChatActions): TemplateResult {
  const { words, localStream, sending } = view
  const isMissing = localStream?.getVideoTracks().length === 0
  const isOn = sending.video && !isMissing
  const label = isOn ? words.hideCamera : words.showCamera
  return toggle({
    words,
    part: 'camera-button',
    isOn,
    isAvailable: localStream !== undefined && !isMissing,
    label: isMissing ? words.noDevice.camera : label,
    shortcut: shortcuts.camera,
    icon: isOn ? icons.camera : icons.cameraOff,
    action: toggleCamera,
  })
}

function textToggle(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, isTextOpen, unread } = view
  const label = isTextOpen ? words.closeText : words.openText
  return html`<button
    class="round text-toggle"
    part="control text-toggle"
    type="button"
    aria-label=${unread > 0 ? fill(words.openUnreadText, { count: unread }) : label}
    aria-expanded=${isTextOpen ? 'true' : 'false'}
    title=${label}
    @click=${() => actions.toggleText()}
  >
    ${icons.text}${unread > 0 ? html`<b class="unread" part="unread">${unread}</b>` : nothing}
  </button>`
}

function reportButton(view: ChatView, { reports }: ChatActions): TemplateResult {
  const { words, partner, earlierPartner } = view
  const label = !partner && earlierPartner ? words.reportEarlier : words.report
  const isAvailable = canReport(view)
  return html`<button
    class="round"
    part="control report-button"
    type="button"
    aria-label=${label}
    aria-haspopup="dialog"
    aria-keyshortcuts=${shortcuts.report}
    aria-disabled=${isAvailable ? nothing : 'true'}
    title=${fill(words.withKey, { label, key: shortcuts.report })}
    @click=${() => isAvailable && reports.open()}
  >
    ${icons.flag}
  </button>`
}

/**
 * The buttons for microphone, camera, messages, reports, Next and Stop. Each button has the same place in
 * every state while the client runs, so that a press never hits another button by mistake when the
 * state changes.
 */
export function controls(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, state, mode, hasCamera } = view
  const canSkip = state === 'connected' || state === 'negotiating'
  return html`<div class="controls" part="controls" role="toolbar" aria-label="Buddy">
    ${mode === 'text' ? nothing : microphoneToggle(view, actions)}
    ${mode === 'video' && hasCamera ? cameraToggle(view, actions) : nothing}
    ${offersText(view) && mode !== 'text' ? textToggle(view, actions) : nothing}
    ${view.offersReport ? reportButton(view, actions) : nothing}
    <button
      class="pill next"
      part="control next-button"
      type="button"
      aria-label=${words.next}
      aria-keyshortcuts=${shortcuts.next}
      aria-disabled=${canSkip ? nothing : 'true'}
      title=${fill(words.withKey, { label: words.next, key: shortcuts.next })}
      @click=${() => canSkip && actions.next()}
    >
      ${icons.next}<span>${words.next}</span>
    </button>
    <button
      class="pill stop"
      part="control stop-button"
      type="button"
      aria-label=${words.stop}
      aria-keyshortcuts=${shortcuts.stop}
      title=${fill(words.withKey, { label: words.stop, key: shortcuts.stop })}
      @click=${() => actions.stop()}
    >
      ${icons.stop}<span>${words.stop}</span>
    </button>
  </div>`
}
