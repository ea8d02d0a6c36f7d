import type { ReportReason } from '@buddy-chat/protocol'
import { createElement, showText } from '../../shared/elements.ts'
import type { DecisionKind } from './data.ts'
import type { Question } from './confirm-dialog.ts'
import type { DecisionInput } from './requests.ts'
import { durationChoices, personWords, reasons, reasonWords } from './words.ts'

/** The maximum length of a note, which the server checks too. */
const maxNoteBytes = 500

interface KindWords {
  readonly button: string
  readonly submit: string
  readonly effect: string
}

const kinds: Readonly<Record<DecisionKind, KindWords>> = {
  dismiss: {
    button: 'Dismiss',
    submit: 'Dismiss the reports',
    effect: 'Closes the reports, without a measure against the person.',
  },
  warn: {
    button: 'Warn',
    submit: 'Warn',
    effect: 'Sends the person the reason. The person may continue.',
  },
  slow: {
    button: 'Slow',
    submit: 'Slow down',
    effect: 'Lets the person wait longer for each partner, and sends the person the reason.',
  },
  ban: {
    button: 'Ban',
    submit: 'Ban',
    effect: 'Disconnects the person, refuses them at this site, and sends them the reason.',
  },
}

interface DecisionFormOptions {
  readonly personId: string
  /** Returns the reason that is chosen when the form opens. */
  readonly suggestedReason: () => ReportReason
  readonly confirm: (question: Question) => Promise<boolean>
  /**
   * Carries out the decision. Resolves with the reason if this was not possible, otherwise with undefined.
   */
  readonly decide: (input: DecisionInput) => Promise<string | undefined>
  /** Called when the form has closed without a decision. */
  readonly onCancel: () => void
}

/** The buttons with which an operator decides about a person, and the form that the chosen one opens. */
export class DecisionForm {
  readonly element = createElement('div', 'decision')
  readonly #options: DecisionFormOptions
  readonly #buttons = new Map<DecisionKind, HTMLButtonElement>()
  readonly #form = createElement('form')
  readonly #effect = createElement('p', 'effect')
  readonly #reason = createElement('select')
  readonly #duration = createElement('select')
  readonly #note = createElement('textarea')
  readonly #noteLength = createElement('span', 'foot')
  readonly #error = createElement('p', 'error')
  readonly #submit = createElement('button', 'primary')
  readonly #cancel = createElement('button', '', 'Cancel')
  #kind: DecisionKind | undefined

  constructor(options: DecisionFormOptions) {
    this.#options = options
    const buttons = createElement('div', 'buttons kinds')
    buttons.setAttribute('role', 'group')
    buttons.setAttribute('aria-label', 'Decide')
    for (const kind of Object.keys(kinds) as DecisionKind[]) {
      const button = createElement('button', kind, kinds[kind].button)
      button.type = 'button'
      button.dataset['kind'] = kind
      button.setAttribute('aria-expanded', 'false')
      button.addEventListener('click', () => this.#handleKind(kind))
      this.#buttons.set(kind, button)
      buttons.append(button)
    }
    this.#fillForm()
    this.element.append(buttons, this.#form)
  }

  /** Whether the operator is filling in the form. */
  get isOpen(): boolean {
    return this.#kind !== undefined
  }

  #fillForm(): void {
    for (const reason of reasons) {
      this.#reason.append(new Option(reasonWords[reason], reason))
    }
    this.#reason.name = 'reason'
    this.#duration.name = 'duration'
    this.#note.name = 'note'
    this.#note.rows = 2
    this.#note.maxLength = maxNoteBytes
    this.#note.addEventListener('input', () => this.#showNoteLength())
    this.#note.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit()
    })
    this.#submit.type = 'submit'
    this.#cancel.type = 'button'
    this.#cancel.addEventListener('click', () => this.#close())
    this.#form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing) this.#close()
    })
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#decide()
    })
    this.#error.setAttribute('role', 'alert')
    const buttons = createElement('div', 'buttons')
    buttons.append(this.#submit, this.#cancel)
    const note = labelled('Note', this.#note)
    note.className = 'wide'
    note.append(this.#noteLength)
    const fields = createElement('div', 'fields')
    fields.append(labelled('Reason', this.#reason), labelled('For', this.#duration), note)
    this.#form.append(this.#effect, fields, this.#error, buttons)
    this.#form.hidden = true
  }

  #handleKind(kind: DecisionKind): void {
    if (this.#kind === kind) {
      this.#close()
      return
    }
    const wasOpen = this.isOpen
    this.#kind = kind
    for (const [name, button] of this.#buttons) {
      button.setAttribute('aria-expanded', String(name === kind))
    }
    const { effect, submit } = kinds[kind]
    showText(this.#effect, effect)
    showText(this.#submit, submit)
    showText(this.#error, '')
    this.#submit.classList.toggle('danger', kind === 'ban')
    const choices = durationChoices[kind]
    this.#duration.replaceChildren(...choices.map(({ words }, at) => new Option(words, String(at))))
    showField(this.#duration, choices.length > 0)
    // The reason of a dismissal is sent to nobody.
    showField(this.#reason, kind !== 'dismiss')
    if (!wasOpen) this.#reason.value = this.#options.suggestedReason()
    this.#showNoteLength()
    this.#form.hidden = false
    ;(kind === 'dismiss' ? this.#note : this.#reason).focus()
  }

  #showNoteLength(): void {
    const bytes = new TextEncoder().encode(this.#note.value).length
    const readers =
      this.#kind === 'dismiss' ? 'For the audit log only.' : 'The person and the audit log get it.'
    const isTooLong = bytes > maxNoteBytes
    showText(
      this.#noteLength,
      isTooLong ? `Too long: ${bytes} of ${maxNoteBytes} bytes` : `Optional. ${readers}`,
    )
    this.#note.setCustomValidity(isTooLong ? 'The note is too long.' : '')
  }

  async #decide(): Promise<void> {
    const kind = this.#kind
    if (!kind || this.#submit.disabled) return
    const { personId, confirm, decide } = this.#options
    const choice = durationChoices[kind][Number(this.#duration.value)]
    const durationMs = choice?.durationMs ?? null
    if (kind === 'ban' && durationMs === null) {
      const isConfirmed = await confirm({
        heading: 'Ban for good?',
        text: `Person ${personWords(personId)} will be refused at this site until an operator lifts the ban.`,
        yes: 'Ban for good',
      })
      if (!isConfirmed) {
        this.#submit.focus()
        return
      }
    }
    const note = this.#note.value.trim()
    const reason = this.#reason.value as ReportReason
    this.#setBusy(true)
    showText(this.#error, '')
    const problem = await decide({ personId, kind, reason, durationMs, ...(note && { note }) })
    this.#setBusy(false)
    if (problem === undefined) this.#reset()
    else showText(this.#error, problem)
  }

  #setBusy(isBusy: boolean): void {
    this.#submit.disabled = isBusy
    this.#cancel.disabled = isBusy
    for (const button of this.#buttons.values()) button.disabled = isBusy
  }

  #close(): void {
    const button = this.#kind && this.#buttons.get(this.#kind)
    this.#reset()
    button?.focus()
    this.#options.onCancel()
  }

  #reset(): void {
    this.#kind = undefined
    this.#form.hidden = true
    this.#note.value = ''
    showText(this.#error, '')
    for (const button of this.#buttons.values()) button.setAttribute('aria-expanded', 'false')
  }
}

function labelled(words: string, field: HTMLElement): HTMLLabelElement {
  const label = createElement('label')
  label.append(createElement('span', '', words), field)
  return label
}

function showField(field: HTMLElement, isShown: boolean): void {
  const label = field.closest('label')
  if (label) label.hidden = !isShown
}
