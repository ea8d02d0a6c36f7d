import { fill } from '../words/fill.ts'
import type { ChatView } from './chat-view.ts'

/** Returns whether the visitor sends only a coarse picture now. */
export const isCoarse = ({ reveal }: ChatView): boolean =>
  reveal !== undefined && !reveal.isRevealed

/** Returns who has agreed to show the faces. Undefined without `reveal="mutual"`. */
export function revealText({ words, reveal, partner, mode }: ChatView): string | undefined {
  if (!reveal || mode !== 'video') return undefined
  if (reveal.isRevealed) return words.unveiled
  if (!reveal.self && !reveal.partner) return words.veiled
  return fill(reveal.self ? words.veiledSelfAgreed : words.veiledPartnerAgreed, {
    partner: partner?.name ?? '',
  })
}
