// Values of the engine, in the form in which Redis keeps them, and back.
import type { WidenSchedule } from '../may-meet.ts'
import type { ReportedEncounter, SessionProfile } from '../engine.ts'
import type { Encounter } from '../memory/encounters.ts'
import type { Room, RoomSeat } from '../room.ts'
import type { Ticket } from '../ticket.ts'
import { poolOf } from '../ticket.ts'
import type { StoredProfile, StoredRoom, StoredTicket } from './wire.ts'

/** Returns a profile as Redis keeps it. */
export function toStoredProfile({
  seat,
  site,
  addressKey,
  personKey,
}: SessionProfile): StoredProfile {
  const { name, subject = '', nodeId } = seat
  return { name, subject, nodeId, personKey, addressKey, site }
}

/** Returns the bytes of {@link toText}. */
export function fromText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Returns the bytes as text, because the MessagePack of Redis does not distinguish texts and bytes inside a value. */
export function toText(frame: Uint8Array): string {
  return Buffer.from(frame).toString('base64')
}

function toSeat(sessionId: string, { nodeId, name, subject, personKey }: StoredProfile): RoomSeat {
  return { sessionId, nodeId, name, subject: subject || undefined, personKey }
}

function toProfile(sessionId: string, stored: StoredProfile): SessionProfile {
  const { site, addressKey, personKey } = stored
  return { seat: toSeat(sessionId, stored), site, addressKey, personKey }
}

/** Returns the room with these fields, whose sessions have these profiles. */
export function toRoom(
  { ids, ...fields }: StoredRoom,
  profiles: readonly [StoredProfile, StoredProfile],
): Room {
  return { ...fields, seats: [toSeat(ids[0], profiles[0]), toSeat(ids[1], profiles[1])] }
}

/** Returns the fields of a room that Redis keeps. */
export function toStoredRoom({ seats, ...fields }: Room): StoredRoom {
  return { ...fields, ids: [seats[0].sessionId, seats[1].sessionId] }
}

/**
 * Returns what the engine reports about a reported partner.
 * @param stored the partner's latest profile, if it is known
 */
export function toReported(
  { roomId, mode, lobby, partnerId, partnerKey }: Encounter,
  stored: StoredProfile | undefined,
  isRepeated: boolean,
): ReportedEncounter {
  const partner = stored && toProfile(partnerId, stored)
  return { roomId, mode, lobby, partnerId, partner, partnerKey, isRepeated }
}

/** Returns the ticket of a session in the form in which the function keeps it. */
export function toStoredTicket(
  ticket: Ticket,
  { seat: { subject }, addressKey }: SessionProfile,
  { interestsMs, languagesMs, regionMs }: WidenSchedule,
): StoredTicket {
  const { site, lobby, mode, attributes, asks, languages, region } = ticket
  const names = Object.keys(attributes).toSorted()
  const sg = names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, attributes[name]]))
  return {
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
  }
}
