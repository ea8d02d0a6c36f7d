import type { MatchEvent, StoredEvent } from './wire.ts'

/** Returns the events for the sessions that an event of an answer concerns. */
export function eventsOf(event: StoredEvent | MatchEvent): readonly StoredEvent[] {
  if (!isMatch(event)) return [event]
  const [, id, site, lobby, mode, openedAtMs, isOffered, isRematch, waitMs, otherWaitMs] = event
  const [, , , , , , , , , , profile, otherProfile, ...sessions] = event
  const [s, n, g, v, interests, languages, ...other] = sessions
  const [otherS, otherN, otherG, otherV, otherInterests, otherLanguages] = other
  const shared = {
    type: 'matched',
    room: { id, ids: [s, otherS], site, lobby, mode, openedAtMs },
    profiles: [profile, otherProfile],
    isOffered,
    isRematch,
    waitsMs: [waitMs, otherWaitMs],
  } as const
  return [
    { ...shared, s, n, g, v, seat: 0, partner: otherN, interests, languages },
    {
      ...shared,
      s: otherS,
      n: otherN,
      g: otherG,
      v: otherV,
      seat: 1,
      partner: n,
      interests: otherInterests,
      languages: otherLanguages,
    },
  ]
}

function isMatch(event: StoredEvent | MatchEvent): event is MatchEvent {
  return Array.isArray(event)
}
