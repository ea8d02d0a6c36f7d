import type { Quality } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html } from 'lit'
import type { ChatView } from '../view/chat-view.ts'

const ranks: readonly Quality[] = ['good', 'fair', 'poor']

/** The worse of the two directions: a call is as good as that. */
function overall({ quality }: ChatView): Quality {
  return ranks.findLast((rank) => rank === quality.receiving || rank === quality.sending) ?? 'good'
}

/** Three bars, always there so that nothing moves: faint while the call goes well. */
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
