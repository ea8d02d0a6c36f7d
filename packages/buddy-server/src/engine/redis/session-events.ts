// How a session handles the events of Redis, and of the local queue while Redis does not answer.
import type { EngineEvent } from '../engine.ts'
import type { SessionState } from './session-state.ts'
import { fromText, toRoom } from './stored-values.ts'
import type { FrameItem, PartnerEvent, StoredEvent } from './wire.ts'

/** Handles an event of Redis. Drops it if it is out of date. */
export function handleStoredEvent(state: SessionState, event: StoredEvent): void {
  const isCurrent = event.g === state.generation
  if (event.v !== undefined) {
    if (event.v <= state.change) return
    if (isEarly(state, event)) {
      if (isCurrent && event.v > (state.early?.v ?? 0)) state.early = event
      return
    }
    state.change = event.v
  }
  if (event.type === 'matched' || event.type === 'restored') {
    const { present } = state.room
    if (event.room.id === present?.room.id) {
      // The session knows the room already.
      present.partnerNode = event.partner
      return
    }
    handleRoom(state, event, isCurrent)
  } else if (isCurrent) handleCurrent(state, event)
}

/**
 * Whether the event is about the partner of a room, and the event that the session is in that room has not arrived. A
 * session that waits for its partner to claim a room is not in that room; then the event names no node.
 */
function isEarly(state: SessionState, event: StoredEvent): event is PartnerEvent {
  const isAboutPartner = event.type === 'presence' || event.type === 'moved'
  return isAboutPartner && event.node !== undefined && event.room !== state.room.present?.room.id
}

/** Handles the event that has arrived before the session was in this room, unless it is out of date. */
function handleEarly(state: SessionState, roomId: string): void {
  const { early } = state
  state.early = undefined
  if (early?.room === roomId) handleStoredEvent(state, early)
}

/** Handles an event of the local queue, in which the session is while Redis does not answer. */
export function handleLocalEvent(state: SessionState, event: EngineEvent): void {
  const { generation, context } = state
  if (event.type === 'matched') {
    const { room, seat } = event
    state.clearTimer()
    state.room.enter(room, seat, context.nodeId)
    state.intent = { kind: 'none' }
    if (seat === 0) context.rooms.add(room)
  }
  if (event.type === 'queued' || event.type === 'searching' || event.type === 'matched') {
    state.emit({ ...event, generation })
  }
}

type RoomEvent = StoredEvent & { readonly type: 'matched' | 'restored' }

/** Notes the room, and reports it to the observer and the session. */
function handleRoom(state: SessionState, event: RoomEvent, isCurrent: boolean): void {
  const { context } = state
  const { room: fields, profiles, seat, partner, g: generation } = event
  const room = toRoom(fields, profiles, state.room.findPartner(fields.id)?.partnerKey)
  if (seat === 0) {
    const isKnown = event.type === 'restored' && event.isContinued
    context.rooms.add(room, () => {
      if (event.type === 'matched') context.observer.onOpened(room, event.waitsMs)
      else if (!isKnown) context.observer.onRestored(room)
    })
  }
  if (!isCurrent) return
  const early = state.room.takeEarly()
  state.clearTimer()
  state.room.enter(room, seat, partner)
  state.intent = { kind: 'none' }
  if (event.type === 'matched') {
    const { interests, languages, isOffered, isRematch } = event
    const match = { room, seat, interests, languages, isOffered, isRematch }
    state.emit({ type: 'matched', generation, ...match })
    // The offer follows the match, so that it is the partner's first frame.
    if (isOffered && seat === 1 && state.offer) state.room.pass(state.offer)
    state.offer = undefined
    handleEarly(state, room.id)
    return
  }
  const { isPartnerPresent, isWaiting = false, frames = [] } = event
  if (isWaiting) state.awaitPartner(room.id)
  state.emit({ type: 'restored', generation, room, seat, isPartnerPresent })
  const kept = frames.map(([, frame, epoch]): FrameItem => [
    state.id,
    room.id,
    fromText(frame),
    epoch,
  ])
  for (const item of [...kept, ...early]) state.room.handleFrame(item)
  handleEarly(state, room.id)
}

function handleCurrent(state: SessionState, event: Exclude<StoredEvent, RoomEvent>): void {
  const { context } = state
  const { g: generation } = event
  switch (event.type) {
    case 'searching':
      // Another node may report the match, and perhaps the end of the room, before the answer to `enter` arrives. Then
      // the search is over.
      if (state.intent.kind === 'enter') handleSearching(state, event)
      break
    case 'presence': {
      const { node, isPresent } = event
      if (node !== undefined) state.room.changePartnerNode(node)
      state.emit({ type: 'presence', generation, isPresent })
      break
    }
    case 'moved':
      state.room.changePartnerNode(event.node)
      break
    case 'abandoned':
      state.emit({ type: 'abandoned', generation })
      break
    case 'parted':
      if (event.isRepeated && event.room !== state.room.present?.room.id) break
      state.exit()
      state.intent = { kind: 'none' }
      state.emit({ type: 'parted', generation, reason: event.reason })
      break
    case 'due':
      state.timeTicket(event.inMs, false)
      break
    case 'again':
      state.timeTicket(event.inMs, true)
      break
    case 'emptied':
      context.clock.after(event.inMs, () => state.send('abandon', { room: event.room }))
      break
    case 'claiming': {
      const room = state.claimedRoomId
      context.clock.after(event.inMs, () => state.send('failClaim', { room }))
      break
    }
  }
}

function handleSearching(
  state: SessionState,
  event: StoredEvent & { readonly type: 'searching' },
): void {
  state.offer = undefined
  const { g: generation, isFirst, online, obstacle } = event
  const { estimateMs = null, interests = [], languages = [], widensInMs = null } = event
  const search = { online, estimateMs, interests, languages, widensInMs, obstacle }
  if (isFirst) state.emit({ type: 'queued', generation })
  state.emit({ type: 'searching', generation, ...search })
}
