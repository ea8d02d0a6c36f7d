import type { Quality } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html } from 'lit'
import type { ChatView } from '../view/chat-view.ts'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** Returns the rating of the worse direction. */
function overall({ quality }: ChatView): Quality {
  return ranks.findLast((rank) => rank === quality.receiving || rank === quality.sending) ?? 'good'
}

/**
 * The quality of the call as three bars, which are faint while it is good. They are always shown,
 * so that nothing beside them moves when the quality changes.
 */
export function qualityMark(view: ChatView): TemplateResult {
  const { words } = view
  const quality = overall(view)
  return html`<span
    class="quality ${quality}"
    part="quality"
    role="img"
    aria-label=${words.quality[quality]}
    title=${words.quality[quality]}
    ><i></i><i></i><i></i
  ></span>`
}
