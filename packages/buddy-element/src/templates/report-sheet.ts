import type { ReportReason } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { live } from 'lit/directives/live.js'
import { shortcuts } from '../shortcuts.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { byteLength, maxNoteBytes } from '../view/report-note.ts'
import type { ReportView } from '../view/report-view.ts'
import { fill } from '../words/fill.ts'

const reasons: readonly ReportReason[] = [
  'nudity',
  'minor',
  'harassment',
  'threats',
  'spam',
  'other',
]

/** Calls `close()` of the dialog, because the browser then restores the focus. */
const closeDialog = ({ currentTarget }: Event): void =>
  (currentTarget as HTMLElement).closest('dialog')?.close()

/** The choice of the partner. Shown only if there are two. */
function targetChoice(
  { targets, target }: ReportView,
  { words }: ChatView,
  { reports }: ChatActions,
): TemplateResult | typeof nothing {
  if (targets.length < 2) return nothing
  return html`<fieldset>
    <legend>${words.reportTarget}</legend>
    ${targets.map(
      ({ room, name, isPresent }) =>
        html`<label class="tick">
          <input
            part="report-target"
            type="radio"
            name="target"
            value=${room}
            .checked=${live(room === target.room)}
            @change=${() => reports.choose(room)}
          />
          <span dir="auto"
            >${fill(isPresent ? words.presentPartner : words.earlierPartner, { partner: name })}</span
          >
        </label>`,
    )}
  </fieldset>`
}

function reasonChoice({ words }: ChatView): TemplateResult {
  return html`<fieldset class="reasons">
    <legend>${words.reportReason}</legend>
    ${reasons.map(
      (reason, index) =>
        html`<label class="tick">
          <input
            part="report-reason report-${reason}"
            type="radio"
            name="reason"
            value=${reason}
            required
            ?autofocus=${index === 0}
          />
          <span>${words.reportReasons[reason]}</span>
        </label>`,
    )}
  </fieldset>`
}

function noteField(
  { note }: ReportView,
  { words }: ChatView,
  { reports }: ChatActions,
): TemplateResult {
  return html`<label class="note">
    <span>${words.reportNote}</span>
    <textarea
      part="report-note"
      name="note"
      rows="2"
      dir="auto"
      maxlength=${maxNoteBytes}
      aria-describedby="note-left"
      .value=${live(note)}
      @input=${({ target }: InputEvent) => reports.writeNote((target as HTMLTextAreaElement).value)}
    ></textarea>
    <small id="note-left" part="note-left"
      >${fill(words.noteLeft, { left: maxNoteBytes - byteLength(note) })}</small
    >
  </label>`
}

/**
 * A button that hides the partner's picture, and the still. A still can be taken only while the picture is
 * there. It stays if the partner leaves.
 */
function pictureChoices(
  { target, still }: ReportView,
  view: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  const { words, mode, state, partnerSending, remoteStream, isPartnerHidden } = view
  const isShown = target.isPresent && state === 'connected' && mode === 'video'
  const hasPicture = isShown && partnerSending.video && remoteStream !== undefined
  if (!hasPicture && still === undefined) return nothing
  return html`<div class="picture-choices">
    <label class="tick">
      <input
        part="attach-still"
        type="checkbox"
        name="still"
        .checked=${live(still !== undefined)}
        @change=${({ target: box }: Event) => actions.reports.attachStill((box as HTMLInputElement).checked)}
      />
      <span>${words.attachStill}</span>
    </label>
    ${
      still === undefined
        ? nothing
        : html`<canvas part="still" role="img" aria-label=${words.stillPreview}></canvas>`
    }
    ${
      hasPicture
        ? html`<button
            class="secondary"
            part="hide-picture-button"
            type="button"
            @click=${() => actions.reports.togglePicture()}
          >
            ${isPartnerHidden ? words.showPicture : words.hidePicture}
          </button>`
        : nothing
    }
  </div>`
}

/** The modal sheet in which the visitor reports or blocks a partner. */
export function reportSheet(
  report: ReportView,
  view: ChatView,
  actions: ChatActions,
): TemplateResult {
  const { words } = view
  const { target, problem } = report
  const handleSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const reason = new FormData(event.target as HTMLFormElement).get('reason') as ReportReason
    if (actions.reports.submit(reason)) closeDialog(event)
  }
  return html`<dialog
    class="report-sheet"
    part="report-sheet"
    aria-labelledby="report-title"
    @close=${() => actions.reports.close()}
  >
    <form @submit=${handleSubmit}>
      <h2 id="report-title">${words.report}</h2>
      <div class="fields">
        ${targetChoice(report, view, actions)} ${reasonChoice(view)}
        ${noteField(report, view, actions)} ${pictureChoices(report, view, actions)}
      </div>
      <p class="effect" part="report-effect">
        ${target.isPresent ? words.reportEnds : nothing} ${words.reportEffect}
      </p>
      <p class="fault" part="report-problem" role="alert">${problem ?? nothing}</p>
      <div class="buttons">
        <button class="primary" part="send-report-button" type="submit">${words.sendReport}</button>
        <button
          class="secondary"
          part="block-button"
          type="button"
          @click=${(event: Event) => actions.reports.submitBlock() && closeDialog(event)}
        >
          ${words.blockOnly}
        </button>
        <button class="secondary" part="cancel-report-button" type="button" @click=${closeDialog}>
          ${words.cancelReport}
        </button>
      </div>
    </form>
  </dialog>`
}

/** The button that reports the previous partner. It is shown while there is no other partner yet. */
export function reportEarlierButton(
  { words, offersReport, partner, earlierPartner }: ChatView,
  { reports }: ChatActions,
): TemplateResult | typeof nothing {
  if (!offersReport || !earlierPartner || partner) return nothing
  return html`<button
    class="link"
    part="report-earlier-button"
    type="button"
    aria-haspopup="dialog"
    title=${fill(words.withKey, { label: words.reportEarlier, key: shortcuts.report })}
    @click=${() => reports.open()}
  >
    ${words.reportEarlier}
  </button>`
}
