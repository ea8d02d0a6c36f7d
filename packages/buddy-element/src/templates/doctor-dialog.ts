import type { Check, CheckName } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { explainCheck } from '../words/explain.ts'
import { fillPlural } from '../words/fill.ts'
import type { Words } from '../words/words.ts'
import { icons } from './icons.ts'

/**
 * Returns whether the dialog shows a check. The excluded codes mean that the check does not apply
 * to this mode or this server.
 */
const isRelevant = ({ code }: Check): boolean => code !== 'not-needed' && code !== 'not-offered'

function row(words: Words, name: CheckName, check: Check | undefined): TemplateResult {
  const result = check?.result ?? 'running'
  const mark = { ok: icons.check, failed: icons.alert, skipped: icons.skipped, running: nothing }
  return html`<li class=${result} part="check check-${name}" data-code=${check?.code ?? 'running'}>
    <span class="mark">${mark[result]}</span>
    <div>
      <h3>${words.checks[name]} <span class="unseen">${words.checkResults[result]}</span></h3>
      ${check && check.result !== 'ok' ? html`<p>${explainCheck(words, check)}</p>` : nothing}
    </div>
  </li>`
}

function verdict({ language, noFaults, faults }: Words, count: number): string {
  return count === 0 ? noFaults : fillPlural(language, faults, count)
}

/** Calls `close()` of the dialog, because the browser then restores the focus. */
const closeDialog = ({ currentTarget }: Event): void =>
  (currentTarget as HTMLElement).closest('dialog')?.close()

/**
 * The modal dialog of the connection doctor. It shows why calls fail, and what the visitor can do.
 */
export function doctorDialog(
  { words, doctor }: ChatView,
  actions: ChatActions,
): TemplateResult | typeof nothing {
  if (!doctor) return nothing
  const { names, checks, isDone } = doctor
  const faults = checks.filter(({ result }) => result === 'failed').map(({ name }) => name)
  // Failed checks move to the top once all checks are done. Until then no row moves.
  const order = isDone ? new Set([...faults, ...names]) : names
  const shown = [...order].flatMap((name) => {
    const check = checks.find((each) => each.name === name)
    return !check || isRelevant(check) ? [row(words, name, check)] : []
  })
  return html`<dialog
    class="doctor"
    part="doctor"
    aria-labelledby="doctor-title"
    @close=${() => actions.closeDoctor()}
  >
    <header>
      <h2 id="doctor-title">${words.doctor}</h2>
      <button
        class="close"
        part="close-doctor-button"
        type="button"
        aria-label=${words.closeDoctor}
        title=${words.closeDoctor}
        @click=${closeDialog}
      >
        ${icons.stop}
      </button>
    </header>
    <p class="verdict" part="verdict" role="status">
      ${isDone ? verdict(words, faults.length) : words.examining}
    </p>
    <ul class="checks" role="list" tabindex="0" aria-labelledby="doctor-title">
      ${shown}
    </ul>
    <button
      class="secondary"
      part="doctor-again-button"
      type="button"
      aria-disabled=${isDone ? nothing : 'true'}
      @click=${() => isDone && actions.openDoctor()}
    >
      ${words.examineAgain}
    </button>
  </dialog>`
}

/** The button that opens the connection doctor. It is shown beside an error. */
export function doctorButton({ words }: ChatView, { openDoctor }: ChatActions): TemplateResult {
  return html`<button class="link" part="doctor-button" type="button" @click=${() => openDoctor()}>
    ${words.openDoctor}
  </button>`
}
