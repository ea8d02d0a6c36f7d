import type { Measure } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { measureFacts } from '../view/measure-facts.ts'
import type { Words } from '../words/words.ts'
import { outsideLink } from './outside-link.ts'

/** A decision of the operator about the visitor: statement, facts, and the link for an appeal. */
export function measureDetails(words: Words, measure: Measure): TemplateResult {
  const { statement, appealUrl } = measure
  return html`${statement ? html`<p part="measure-statement" dir="auto">${statement}</p>` : nothing}
    <dl part="measure-facts">
      ${measureFacts(words, measure).map(
        ([label, value]) =>
          html`<dt>${label}</dt>
            <dd dir="auto">${value}</dd>`,
      )}
    </dl>
    ${outsideLink(words, appealUrl ?? '', words.appeal, 'appeal-link')}`
}

/** The notice of a warning or of slower matching. It stays until the visitor closes it. */
export function measureNotice(
  { words, measure }: ChatView,
  { dismissMeasure }: ChatActions,
): TemplateResult | typeof nothing {
  if (!measure || measure.kind === 'ban') return nothing
  return html`<section class="measure" part="measure" role="alert" aria-labelledby="measure-title">
    <h2 id="measure-title">${measure.kind === 'warning' ? words.warned : words.slowed}</h2>
    ${measureDetails(words, measure)}
    <button
      class="secondary"
      part="dismiss-measure-button"
      type="button"
      @click=${() => dismissMeasure()}
    >
      ${words.dismissMeasure}
    </button>
  </section>`
}
