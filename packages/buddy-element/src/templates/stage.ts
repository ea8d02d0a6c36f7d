import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { reasonText } from '../view/search-text.ts'
import { qualityText } from '../view/status-text.ts'
import { isCoarse } from '../view/reveal-text.ts'
import { initialOf, visibleName } from '../view/visible-name.ts'
import { fill } from '../words/fill.ts'
import { criteriaPanel } from './criteria.ts'
import { devicePanel, deviceTrouble, flipButton } from './device-panel.ts'
import { ownPictureHidden, partnerVeil } from './guard.ts'
import { icons } from './icons.ts'
import { videoSource } from './video-source.ts'
import { qualityMark } from './quality-mark.ts'
import { status } from './status.ts'
import { trustMark, trustRequest } from './trust.ts'
import { revealPrompt } from './reveal.ts'

function avatar(name: string, caption: string | undefined): TemplateResult {
  return html`<div class="avatar" part="avatar">
    <span aria-hidden="true">${initialOf(name)}</span>
    ${caption ? html`<p>${caption}</p>` : nothing}
  </div>`
}

/** Returns `Ana (You)`, or only `You` if the visitor has no visible name. */
function ownName({ words, name }: ChatView): string {
  const shown = visibleName(name, '')
  return shown ? fill(words.ownName, { name: shown }) : words.you
}

function partnerLabel(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, partner, partnerSending, mode } = view
  const name = partner?.name ?? ''
  const reason = reasonText(view)
  return html`<div class="label" part="partner-label">
    <strong part="partner-name" dir="auto">${name}</strong>
    ${mode === 'text' ? nothing : qualityMark(view)}
    ${
      partnerSending.audio
        ? nothing
        : html`<span
            class="muted"
            part="partner-muted"
            role="img"
            aria-label=${fill(words.muted, { partner: name })}
            >${icons.microphoneOff}</span
          >`
    }
    ${
      // In video mode the visitor's own video shows this name.
      mode === 'video'
        ? nothing
        : html`<span class="quiet" part="own-name" dir="auto">${ownName(view)}</span>`
    }
    ${trustMark(view, actions)}
    ${reason ? html`<p class="reason" part="reason">${reason}</p>` : nothing}
  </div>`
}

function playPrompt({ words, partner }: ChatView, { play }: ChatActions): TemplateResult {
  return html`<button class="play" part="play-button" type="button" @click=${() => play()}>
    <span>${icons.play}</span>
    <strong>${words.play}</strong>
    <small>${fill(words.playHint, { partner: partner?.name ?? '' })}</small>
  </button>`
}

const isInCall = ({ state }: ChatView): boolean => state === 'connected' || state === 'negotiating'

/** A soft copy of the video before it, which covers the video; see soft-picture.ts. */
const softCopy = (isVisible: boolean, isDark: boolean): TemplateResult =>
  html`<canvas
    class="soft ${isDark ? 'dark' : ''} ${isVisible ? '' : 'hidden'}"
    aria-hidden="true"
  ></canvas>`

function remoteClass(view: ChatView, isVisible: boolean): string {
  const classes = ['remote', isVisible ? '' : 'hidden', view.guard.isPartnerVeiled ? 'veiled' : '']
  return classes.filter(Boolean).join(' ')
}

function remote(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, state, mode, partner, partnerSending, remoteStream } = view
  const name = partner?.name ?? ''
  const isVisible = mode === 'video' && partnerSending.video && !view.isPartnerHidden
  const isCameraOff = mode === 'video' && !partnerSending.video
  return html`<video
      part="remote-video"
      class=${remoteClass(view, isVisible)}
      playsinline
      aria-label=${name}
      .srcObject=${videoSource(remoteStream)}
    ></video>
    ${isCoarse(view) && isInCall(view) ? softCopy(isVisible && !view.guard.isPartnerVeiled, false) : nothing}
    ${
      state === 'connected' && !isVisible
        ? avatar(name, isCameraOff ? fill(words.cameraOff, { partner: name }) : undefined)
        : nothing
    }
    ${state === 'connected' && isVisible ? partnerVeil(view, actions) : nothing}`
}

function local(view: ChatView, actions: ChatActions): TemplateResult | typeof nothing {
  const { words, localStream, sending, mode, devices } = view
  if (!localStream || mode !== 'video') return nothing
  const hasCamera = localStream.getVideoTracks().length > 0
  const isHidden = !hasCamera || !sending.video || devices.trouble.camera !== undefined
  const isMirrored = devices.facing !== 'environment'
  const isFull = !isInCall(view)
  return html`<div
    class="local ${isFull ? 'full' : 'tile'} ${isHidden ? 'off' : ''} ${isMirrored ? 'mirrored' : ''}"
    part="local"
  >
    <video
      part="local-video"
      autoplay
      playsinline
      aria-label=${words.you}
      .muted=${true}
      .srcObject=${videoSource(localStream)}
    ></video>
    ${isFull || isCoarse(view) ? softCopy(!isHidden, isFull) : nothing}
    ${isHidden ? html`<span class="off-icon">${icons.cameraOff}</span>` : nothing}
    ${!isFull && hasCamera ? flipButton(view, actions) : nothing}
    <span class="label own" part="own-label">
      ${sending.audio && !devices.trouble.microphone ? nothing : icons.microphoneOff}
      <span part="own-name" dir="auto"
        >${isCoarse(view) && !isHidden ? words.ownVeiled : ownName(view)}</span
      >
    </span>
  </div>`
}

/** Returns the most important notice of the call, because only one is shown at a time. */
function callNotice(view: ChatView): string | undefined {
  const { words, notice, retry, isPartnerAway, partner, interruption } = view
  if (interruption !== 'none') return words.interrupted[interruption]
  if (notice) return notice
  if (retry) return words.serverLost
  if (isPartnerAway) return fill(words.away, { partner: partner?.name ?? '' })
  return qualityText(view) ?? (view.hasChangesWaiting ? words.changesWaiting : undefined)
}

/**
 * The area that shows the partner's video, the visitor's own video in a corner, and the state in
 * words.
 */
export function stage(view: ChatView, actions: ChatActions): TemplateResult {
  const { state, needsPlay, devices } = view
  const text = callNotice(view)
  const isConnected = state === 'connected'
  // A paused or lost device is shown first, because its notice has a button. Other messages wait
  // meanwhile.
  const hasTrouble = Object.keys(devices.trouble).length > 0
  return html`<section class="stage" part="stage" tabindex="-1">
    ${remote(view, actions)} ${local(view, actions)}
    ${isConnected ? partnerLabel(view, actions) : status(view, actions)}
    ${isConnected && !view.guard.isPartnerVeiled ? revealPrompt(view, actions) : nothing}
    ${isConnected && needsPlay ? playPrompt(view, actions) : nothing}
    ${isConnected && !hasTrouble ? trustRequest(view, actions) : nothing}
    ${hasTrouble ? nothing : ownPictureHidden(view, actions)} ${deviceTrouble(view, actions)}
    ${devicePanel(view, actions)} ${criteriaPanel(view, actions)}
    ${isConnected && text && !hasTrouble ? html`<p class="toast" part="notice">${text}</p>` : nothing}
  </section>`
}
