import type { Quality } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html } from 'lit'
import type { ChatView } from '../view/chat-view.ts'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** The rating of the worse direction. */
function overall({ quality }: ChatView): Quality {
  return ranks.findLast((rank) => rank === quality.receiving || rank === quality.sending) ?? 'good'
}

/** Three bars, faint while the quality is good. They are always present, so that nothing moves. */
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
