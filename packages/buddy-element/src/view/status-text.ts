import { explain } from '../words/explain.ts'
import { fill } from '../words/fill.ts'
import type { ChatView } from './chat-view.ts'
import { presenceText, reasonText, searchTitle } from './search-text.ts'

interface StatusText {
  readonly title: string
  readonly detail: string | undefined
}

/** Returns the text in the middle of the stage while no partner is shown. */
export function statusText(view: ChatView): StatusText {
  const { words, state, mode, localStream, partner, retry, notice } = view
  switch (state) {
    case 'connecting':
      return mode === 'text' || localStream
        ? { title: words.connecting, detail: undefined }
        : { title: words.openingDevices, detail: words.openingDevicesHint[mode] }
    case 'negotiating':
      return {
        title: fill(words.negotiating, { partner: partner?.name ?? '' }),
        detail: notice ?? (reasonText(view) || undefined),
      }
    case 'reconnecting': {
      if (view.isLost && !retry) return { title: words.lost, detail: words.lostHint }
      if (!retry) return { title: words.connecting, detail: undefined }
      const { title, body } = explain(words, retry.error)
      return { title, detail: body }
    }
    default:
      return { title: searchTitle(view), detail: notice ?? presenceText(view) }
  }
}

/**
 * Returns what a poor connection means for the visitor. Undefined while neither direction is poor.
 */
export function qualityText({ words, quality, partner }: ChatView): string | undefined {
  if (quality.receiving === 'poor') return words.poorHere
  return quality.sending === 'poor'
    ? fill(words.poorThere, { partner: partner?.name ?? '' })
    : undefined
}
