import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { isForInputMethod } from '../keyboard.ts'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'
import { icons } from './icons.ts'

/**
 * The maximum length of a text in UTF-16 code units. They are at most 3000 bytes of UTF-8, and the
 * server accepts 4096 bytes.
 */
const maxCharacters = 1000

function submit(form: HTMLFormElement, actions: ChatActions): void {
  const field = form.elements.namedItem('text') as HTMLTextAreaElement
  if (field.value.trim() !== '' && actions.send(field.value.trim())) field.value = ''
}

/** The panel that shows the messages, whether the partner is typing, and the text field. */
export function textPanel(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, messages, partner, isPartnerTyping, state } = view
  const canWrite = partner !== undefined && (state === 'connected' || state === 'negotiating')
  const handleSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    submit(event.target as HTMLFormElement, actions)
  }
  const handleKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || isForInputMethod(event)) return
    event.preventDefault()
    if (!event.repeat) submit((event.target as HTMLTextAreaElement).form!, actions)
  }
  // When the partner leaves, the field becomes read-only, not `disabled`. A disabled field would
  // lose the focus, and the visitor's next letters would act as shortcuts.
  return html`<section class="panel" part="text-panel" aria-label=${words.conversation}>
    <div class="messages" part="messages" role="log" tabindex="0" aria-label=${words.conversation}>
      ${
        messages.length === 0
          ? html`<p class="empty">${canWrite ? words.emptyConversation : words.textDisabled}</p>`
          : nothing
      }
      ${messages.map(
        ({ from, text }) =>
          html`<p class=${from} part="message message-${from}" dir="auto">${text}</p>`,
      )}
    </div>
    <p class="typing" part="typing" aria-live="polite">
      ${
        isPartnerTyping && partner
          ? html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span
              ><span>${fill(words.typing, { partner: partner.name })}</span>`
          : nothing
      }
    </p>
    <form class="compose" @submit=${handleSubmit}>
      <textarea
        part="text-input"
        name="text"
        rows="1"
        dir="auto"
        maxlength=${maxCharacters}
        aria-label=${words.textPlaceholder}
        placeholder=${words.textPlaceholder}
        ?readonly=${!canWrite}
        aria-disabled=${canWrite ? nothing : 'true'}
        @input=${() => actions.type()}
        @keydown=${handleKey}
      ></textarea>
      <button
        class="round send"
        part="send-button"
        type="submit"
        aria-label=${words.send}
        title=${words.send}
        aria-disabled=${canWrite ? nothing : 'true'}
      >
        ${icons.send}
      </button>
    </form>
  </section>`
}
