// Values of the engine, in the form in which Redis keeps them, and back.
import type { WidenSchedule } from '../may-meet.ts'
import type { ReportedEncounter, SessionProfile } from '../engine.ts'
import type { Encounter } from '../memory/encounters.ts'
import type { Room, RoomSeat, SeatIndex } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import { packTicket } from './stored-ticket.ts'
import type { KeptFrame, SentProfile, StoredProfile, StoredRoom } from './wire.ts'

/** Returns a profile for Redis. */
export function toStoredProfile({
  seat,
  site,
  addressKey,
  personKey,
}: SessionProfile): SentProfile {
  const { name, subject = '', nodeId } = seat
  const profile: StoredProfile = { name, subject, nodeId, personKey, addressKey, site }
  return [site, addressKey, JSON.stringify(profile)]
}

function readProfile(text: string): StoredProfile {
  return JSON.parse(text) as StoredProfile
}

/** Returns the bytes of {@link toText}. */
export function fromText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/**
 * Returns the kept frames without those of a node that had lost the sender and did not know it yet: another node had
 * relayed a later frame before.
 */
export function withoutStale(frames: readonly KeptFrame[]): readonly KeptFrame[] {
  let latest = 0
  return frames.filter(([, , epoch = latest]) => {
    const isStale = epoch < latest
    latest = Math.max(latest, epoch)
    return !isStale
  })
}

/** Returns the bytes as text, because the MessagePack of Redis does not distinguish texts and bytes inside a value. */
export function toText(frame: Uint8Array): string {
  return Buffer.from(frame).toString('base64')
}

function toSeat(sessionId: string, profile: string, knownKey = ''): RoomSeat {
  if (profile === '') {
    return { sessionId, nodeId: '', name: '', subject: undefined, personKey: knownKey }
  }
  const { nodeId, name, subject, personKey } = readProfile(profile)
  return { sessionId, nodeId, name, subject: subject || undefined, personKey }
}

function toProfile(sessionId: string, stored: string): SessionProfile {
  const { site, addressKey, personKey } = readProfile(stored)
  return { seat: toSeat(sessionId, stored), site, addressKey, personKey }
}

/**
 * Returns the room with these fields, whose sessions have these profiles in JSON.
 * @param partnerKey the key of the partner's person, for a partner without a profile. @default empty
 */
export function toRoom(
  { ids, ...fields }: StoredRoom,
  profiles: readonly [string, string],
  partnerKey?: string,
): Room {
  const seatOf = (index: SeatIndex): RoomSeat => toSeat(ids[index], profiles[index], partnerKey)
  return { ...fields, seats: [seatOf(0), seatOf(1)] }
}

/** Returns the fields of a room that Redis keeps. */
export function toStoredRoom({ seats, ...fields }: Room): StoredRoom {
  return { ...fields, ids: [seats[0].sessionId, seats[1].sessionId] }
}

/**
 * Returns what the engine reports about a reported partner.
 * @param stored the partner's latest profile in JSON, if it is known
 */
export function toReported(
  { roomId, mode, lobby, partnerId, partnerKey }: Encounter,
  stored: string | undefined,
  isRepeated: boolean,
): ReportedEncounter {
  const partner = stored === undefined ? undefined : toProfile(partnerId, stored)
  return { roomId, mode, lobby, partnerId, partner, partnerKey, isRepeated }
}

/** Returns the ticket of a session in the bytes that the function keeps. */
export function toStoredTicket(
  ticket: Ticket,
  { seat: { subject }, addressKey }: SessionProfile,
  { interestsMs, languagesMs, regionMs }: WidenSchedule,
): Uint8Array {
  const { site, lobby, mode, attributes, asks, languages, region } = ticket
  const names = Object.keys(attributes).toSorted()
  const sg = names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, attributes[name]]))
  return packTicket({
    pool: poolOf(ticket),
    site,
    lobby,
    mode,
    il: ticket.interests,
    ik: ticket.interestKeys,
    la: languages,
    at: attributes,
    as: asks,
    sg,
    ag: asks.length === 0 ? '' : JSON.stringify([sg, asks]),
    kI: ticket.keepsInterests,
    kL: ticket.keepsLanguages,
    iM: interestsMs,
    lM: languagesMs,
    rg: region,
    rM: regionMs,
    delay: ticket.delayMs,
    fk: [`address ${addressKey}`, ...(subject === undefined ? [] : [`subject ${subject}`])],
  })
}
