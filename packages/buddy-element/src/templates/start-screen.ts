import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { startCriteria } from './criteria.ts'
import { flipButton } from './device-panel.ts'
import { devicePickers } from './device-pickers.ts'
import { icons } from './icons.ts'
import { takeTypedInterest } from './interest-field.ts'
import { videoSource } from './video-source.ts'

/** The title, and the slots that a page can fill. Shown while there is no preview. */
function introduction({ words, mode, isAgreementRefused }: ChatView): TemplateResult {
  return html`<slot name="logo">${icons.mark}</slot>
    <h2>${words.title[mode]}</h2>
    ${
      isAgreementRefused
        ? html`<p part="agreement-refused" role="alert">${words.agreementRefused}</p>`
        : html`<p>${words.subtitle[mode]}</p>`
    }
    <slot name="start"></slot>`
}

function closeButton({ words }: ChatView, { closePreview }: ChatActions): TemplateResult {
  return html`<button
    class="close"
    part="close-preview-button"
    type="button"
    aria-label=${words.closePreview}
    title=${words.closePreview}
    @click=${() => closePreview()}
  >
    ${icons.stop}
  </button>`
}

/** The preview, which shows how the partner will see and hear the visitor. */
function preview(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, localStream, devices } = view
  const isMirrored = devices.facing !== 'environment'
  const picture = html`<div class="viewfinder ${isMirrored ? 'mirrored' : ''}" part="preview">
    <video
      part="preview-video"
      autoplay
      playsinline
      aria-label=${words.ready.video}
      .muted=${true}
      .srcObject=${videoSource(localStream)}
    ></video>
    ${flipButton(view, actions)} ${closeButton(view, actions)}
  </div>`
  const hint = html`<div class="hint">
    <p>${words.ready.audio}</p>
    ${closeButton(view, actions)}
  </div>`
  return html`${localStream?.getVideoTracks().length ? picture : hint}
  ${view.isMutual && localStream?.getVideoTracks().length ? html`<p class="fine" part="preview-veiled">${words.previewVeiled}</p>` : nothing}
  ${devicePickers(view, actions)}`
}

function checkButton(
  { words, mode, hasCamera, isOpeningPreview }: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  if (mode === 'text') return nothing
  return html`<button
    class="secondary"
    part="preview-button"
    type="button"
    aria-disabled=${isOpeningPreview ? 'true' : nothing}
    @click=${() => !isOpeningPreview && actions.preview()}
  >
    ${isOpeningPreview ? words.checking : words.check[hasCamera ? mode : 'audio']}
  </button>`
}

/** The first screen: title, optional name, device preview, and Start. */
export function startScreen(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, localStream, name, mode } = view
  const handleSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    takeTypedInterest(event.target as HTMLFormElement, actions.criteria)
    actions.start()
  }
  const handleInput = ({ target }: InputEvent): void =>
    actions.rename((target as HTMLInputElement).value)
  return html`<form
    class="card ${localStream ? 'previewing' : ''}"
    part="start-screen"
    @submit=${handleSubmit}
  >
    ${localStream ? preview(view, actions) : introduction(view)}
    <input
      part="name-input"
      name="name"
      autocomplete="nickname"
      maxlength="40"
      aria-label=${words.nameLabel}
      placeholder=${words.namePlaceholder}
      .value=${name}
      @input=${handleInput}
    />
    ${startCriteria(view, actions)}
    <button class="primary" part="start-button" type="submit">${words.start}</button>
    ${
      localStream
        ? nothing
        : html`${checkButton(view, actions)}
            <p class="fine">${words.privacy[mode]}</p>`
    }
  </form>`
}
