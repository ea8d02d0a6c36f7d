import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { icons } from '../icons.ts'
import type { ChatActions, ChatView } from '../view.ts'
import { offersText } from '../view.ts'
import { words } from '../words.ts'

interface Toggle {
  readonly part: string
  readonly isOn: boolean
  readonly label: string
  readonly shortcut: string
  readonly icon: TemplateResult
  readonly action: () => void
}

function toggle({ part, isOn, label, shortcut, icon, action }: Toggle): TemplateResult {
  return html`<button
    class="round ${isOn ? '' : 'off'}"
    part="control ${part}"
    type="button"
    aria-label=${label}
    aria-keyshortcuts=${shortcut}
    title="${label} (${shortcut})"
    @click=${action}
  >
    ${icon}
  </button>`
}

function textToggle(view: ChatView, actions: ChatActions): TemplateResult {
  const { isTextOpen, unread } = view
  const label = isTextOpen ? words.closeText : words.openText
  return html`<button
    class="round text-toggle"
    part="control text-toggle"
    type="button"
    aria-label=${unread > 0 ? `${label} (${unread})` : label}
    aria-expanded=${isTextOpen ? 'true' : 'false'}
    title=${label}
    @click=${() => actions.toggleText()}
  >
    ${icons.text}${unread > 0 ? html`<b class="unread" part="unread">${unread}</b>` : nothing}
  </button>`
}

/** What one can do at any moment: mute, hide, write, go on, leave. */
export function controls(view: ChatView, actions: ChatActions): TemplateResult {
  const { state, mode, sending, localStream, partner } = view
  const hasMicrophone = (localStream?.getAudioTracks().length ?? 0) > 0
  const hasCamera = (localStream?.getVideoTracks().length ?? 0) > 0
  const canGoOn = state === 'connected' || state === 'negotiating'
  return html`<div class="controls" part="controls" role="toolbar" aria-label="Buddy">
    ${
      hasMicrophone
        ? toggle({
            part: 'microphone-button',
            isOn: sending.audio,
            label: sending.audio ? words.muteMicrophone : words.unmuteMicrophone,
            shortcut: 'M',
            icon: sending.audio ? icons.microphone : icons.microphoneOff,
            action: actions.toggleMicrophone,
          })
        : nothing
    }
    ${
      hasCamera
        ? toggle({
            part: 'camera-button',
            isOn: sending.video,
            label: sending.video ? words.hideCamera : words.showCamera,
            shortcut: 'V',
            icon: sending.video ? icons.camera : icons.cameraOff,
            action: actions.toggleCamera,
          })
        : nothing
    }
    ${offersText(view) && mode !== 'text' && partner ? textToggle(view, actions) : nothing}
    <button
      class="pill next"
      part="control next-button"
      type="button"
      aria-keyshortcuts="N"
      title="${words.next} (N)"
      ?disabled=${!canGoOn}
      @click=${() => actions.next()}
    >
      ${icons.next}<span>${words.next}</span>
    </button>
    <button
      class="pill stop"
      part="control stop-button"
      type="button"
      aria-keyshortcuts="S"
      title="${words.stop} (S)"
      @click=${() => actions.stop()}
    >
      ${icons.stop}<span>${words.stop}</span>
    </button>
  </div>`
}
