import type { Message } from '@buddy-chat/protocol'
import type { EngineEvent } from '../engine/engine.ts'
import { partnerSeat } from '../engine/room.ts'
import type { ParticipantContext } from './participant-context.ts'

/** The events of the engine about which the client receives a message. */
export type ReportedEvent = EngineEvent & {
  readonly type:
    'queued' | 'unavailable' | 'searching' | 'matched' | 'restored' | 'presence' | 'parted'
}

/** Returns the message to the client about an event of the engine. */
export function messageOf(
  event: ReportedEvent,
  { online, roomTokenOf }: Pick<ParticipantContext, 'online' | 'roomTokenOf'>,
): Message {
  switch (event.type) {
    case 'queued':
      return { type: 'waiting', online: online() }
    case 'unavailable':
      return {
        type: 'error',
        code: 'unavailable',
        message: 'users cannot be matched at present',
        retryAfterMs: event.retryAfterMs,
      }
    case 'searching': {
      const { estimateMs, interests, languages, widensInMs, obstacle } = event
      const search = { estimateMs, interests, languages, widensInMs, obstacle }
      return { type: 'searching', online: event.online, ...search }
    }
    case 'matched': {
      const { room, seat, interests, languages, isOffered, isRematch } = event
      return {
        type: 'matched',
        room: room.id,
        isPolite: seat === 0,
        partnerName: partnerSeat(room, seat).name,
        interests,
        isOffered,
        roomToken: roomTokenOf(room, seat),
        languages,
        isRematch,
      }
    }
    case 'restored':
      // The client receives the partner's presence in any case, because it may have missed a change during the
      // restart.
      return { type: event.isPartnerPresent ? 'partner-back' : 'partner-away' }
    case 'presence':
      return { type: event.isPresent ? 'partner-back' : 'partner-away' }
    case 'parted':
      return { type: 'partner-left', reason: event.reason }
  }
}
