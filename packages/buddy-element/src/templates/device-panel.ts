import type { Device } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { explainDevice } from '../words/explain.ts'
import { devicePickers } from './device-pickers.ts'
import { icons } from './icons.ts'

/** The button in the corner of the stage, and the panel of device pickers that it opens. */
export function devicePanel(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, localStream, devices } = view
  if (!localStream) return nothing
  const { isPanelOpen } = devices
  const label = isPanelOpen ? words.closeDevices : words.openDevices
  return html`<button
      class="corner"
      part="devices-button"
      type="button"
      aria-label=${label}
      aria-expanded=${isPanelOpen ? 'true' : 'false'}
      title=${label}
      @click=${() => actions.toggleDevices()}
    >
      ${isPanelOpen ? icons.stop : icons.settings}
    </button>
    ${
      isPanelOpen
        ? html`<section class="devices" part="devices-panel" aria-label=${words.openDevices}>
            <h2>${words.openDevices}</h2>
            ${devicePickers(view, actions)}
          </section>`
        : nothing
    }`
}

/** The button on the visitor's own video that switches to another camera. */
export function flipButton(
  { words, devices }: ChatView,
  { flipCamera }: ChatActions,
): TemplateResult | typeof nothing {
  if (!devices.canFlip) return nothing
  return html`<button
    class="flip"
    part="flip-button"
    type="button"
    aria-label=${words.flipCamera}
    title=${words.flipCamera}
    @click=${() => flipCamera()}
  >
    ${icons.flip}
  </button>`
}

/** A notice for each device that is paused or lost, with a button that resumes the device. */
export function deviceTrouble(
  { words, devices: { trouble } }: ChatView,
  { resumeDevice }: ChatActions,
): TemplateResult | typeof nothing {
  const changes = (['microphone', 'camera'] satisfies Device[]).flatMap(
    (device) => trouble[device] ?? [],
  )
  if (changes.length === 0) return nothing
  return html`<div class="toast question" part="device-trouble" role="alert">
    ${changes.map(
      (change) =>
        html`<div>
          <p>${explainDevice(words, change)}</p>
          <button
            class="secondary"
            part="resume-${change.device}-button"
            type="button"
            @click=${() => resumeDevice(change.device)}
          >
            ${words.resume[change.device]}
          </button>
        </div>`,
    )}
  </div>`
}
