import { fill } from '../words/fill.ts'
import type { ChatView } from './chat-view.ts'
import { initialView } from './chat-view.ts'
import { isRunning } from './is-running.ts'
import { presenceText, reasonText } from './search-text.ts'
import { qualityText, statusText } from './status-text.ts'
import { revealText } from './reveal-text.ts'

/** Returns the state in one sentence. Empty while the client is stopped. */
function stateText(view: ChatView): string {
  const { words, state, partner } = view
  if (!isRunning(view)) return ''
  return state === 'connected'
    ? fill(words.connected, { partner: partner?.name ?? '' })
    : statusText(view).title
}

/** Returns a text for each change of the partner, the connection or the quality within one call. */
function changesInCall(before: ChatView, view: ChatView): (string | undefined)[] {
  const partner = view.partner?.name ?? ''
  const { words, partnerSending, isPartnerAway, interruption, mode } = view
  const hasChanged = (key: 'audio' | 'video'): boolean =>
    before.partnerSending[key] !== partnerSending[key]
  const remark = qualityText(view)
  const reason = reasonText(view)
  const isRestored = before.interruption !== 'none' && interruption === 'none'
  return [
    reason === reasonText(before) ? undefined : reason,
    mode === 'video' && hasChanged('video')
      ? fill(partnerSending.video ? words.cameraOn : words.cameraOff, { partner })
      : undefined,
    mode !== 'text' && hasChanged('audio')
      ? fill(partnerSending.audio ? words.unmuted : words.muted, { partner })
      : undefined,
    revealText(view) === revealText(before) ? undefined : revealText(view),
    before.isPartnerAway === isPartnerAway
      ? undefined
      : fill(isPartnerAway ? words.away : words.back, { partner }),
    interruption !== before.interruption && interruption !== 'none'
      ? words.interrupted[interruption]
      : undefined,
    isRestored ? words.restored : undefined,
    view.guard.isPartnerVeiled && !before.guard.isPartnerVeiled
      ? fill(words.pictureVeiled, { partner })
      : undefined,
    remark === qualityText(before) ? undefined : (remark ?? words.better),
    before.retry === undefined && view.retry ? words.serverLost : undefined,
    before.retry && view.retry === undefined ? words.serverBack : undefined,
  ]
}

/** Returns a text for each change of the visitor's own camera and microphone. */
function ownChanges({ sending: before }: ChatView, { words, sending, mode }: ChatView): string[] {
  return [
    ...(mode !== 'text' && before.audio !== sending.audio
      ? [sending.audio ? words.ownUnmuted : words.ownMuted]
      : []),
    ...(mode === 'video' && before.video !== sending.video
      ? [sending.video ? words.ownCameraOn : words.ownCameraOff]
      : []),
  ]
}

/** Returns why no partner is available, if that has changed. */
function obstacleText(before: ChatView, view: ChatView): string | undefined {
  const { search } = view
  const isNew = search?.obstacle !== before.search?.obstacle
  return search && search.obstacle !== 'none' && isNew ? presenceText(view) : undefined
}

/**
 * Returns the text that a screen reader announces after the change from one view to the next.
 * Undefined if the previous text stays; empty while the client is stopped.
 */
export function announcement(before: ChatView, view: ChatView): string | undefined {
  if (!isRunning(view)) return ''
  const { notice, partner, state } = view
  const isSameCall = before.state === 'connected' && before.partner === partner
  const text = stateText(view)
  const changes = [
    notice === before.notice ? undefined : notice,
    text === stateText(before) ? undefined : text,
    obstacleText(before, view),
    ...(state === 'connected' ? changesInCall(isSameCall ? before : initialView, view) : []),
    ...(!isRunning(before) ? [] : ownChanges(before, view)),
  ]
  return changes.filter(Boolean).join(' ') || undefined
}
