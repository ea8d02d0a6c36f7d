// The identity of a person: the subject of the site token, or a random id that the browser keeps in a sealed
// token. Reports, blocks and bans store only keyed hashes of these, and of addresses. Each hash is bound to a
// site, so that the hashes of two sites cannot be compared.
import { createHmac } from 'node:crypto'
import { newId, toId } from '../ids.ts'
import type { Identity } from '../sessions/identity.ts'
import { createSeal, deriveKey } from './seal.ts'

/** The anonymous identity of a browser at one site. */
export interface Visitor {
  readonly visitorId: string
  /** When the server made the id, in milliseconds since 1970. */
  readonly visitorSinceMs: number
}

/** The functions that turn identities and addresses into keys. */
export interface PersonKeys {
  /** Returns the key of a person: of the subject at the site if there is one, otherwise of the visitor id. */
  personKey(identity: Pick<Identity, 'site' | 'subject' | 'visitorId'>): string
  /** Returns the key of a visitor id, also of a person who has a subject. */
  visitorKey(identity: Pick<Identity, 'site' | 'visitorId'>): string
  /** Returns a keyed hash of an address key of the limits, in which an IPv6 address is a /64. */
  addressHash(site: string, addressKey: string): string
  /** Returns the token by which the browser proves its visitor id at this site. */
  sealVisitor(site: string, visitor: Visitor): string
  /** Returns the content of a visitor token; undefined if it is invalid or of another site. */
  openVisitor(site: string, token: string): Visitor | undefined
}

/**
 * The length of a key. 128 bits suffice, because an attacker without the secret cannot search for collisions.
 */
const keyBytes = 16

/** Returns a new visitor. */
export function newVisitor(nowMs: number): Visitor {
  return { visitorId: newId(), visitorSinceMs: nowMs }
}

/** Returns a text by which servers notice that their secrets differ. It does not reveal the secret. */
export const markOfKey = (secretKey: string): string =>
  toId(deriveKey(secretKey, 'buddy key mark v1').subarray(0, 8))

/** Creates the functions of a server. A later process with the same secret computes the same keys. */
export function createPersonKeys(secretKey: string): PersonKeys {
  const subjects = deriveKey(secretKey, 'buddy subject key v1')
  const visitors = deriveKey(secretKey, 'buddy visitor key v1')
  const addresses = deriveKey(secretKey, 'buddy address hash v1')
  const tokens = createSeal(secretKey, 'buddy visitor token v1')
  const hash = (key: Buffer, site: string, value: string): string =>
    toId(
      createHmac('sha256', key)
        // In JSON, different pairs never result in the same text, whatever characters they contain.
        .update(JSON.stringify([site, value]))
        .digest()
        .subarray(0, keyBytes),
    )
  const visitorKey: PersonKeys['visitorKey'] = ({ site, visitorId }) =>
    hash(visitors, site, visitorId)
  return {
    personKey: (identity) =>
      identity.subject === undefined
        ? visitorKey(identity)
        : hash(subjects, identity.site, identity.subject),
    visitorKey,
    addressHash: (site, addressKey) => hash(addresses, site, addressKey),
    sealVisitor: (site, { visitorId, visitorSinceMs }) =>
      tokens.seal([site, visitorId, visitorSinceMs]),
    openVisitor: (site, token) => {
      const [sealedFor, visitorId, visitorSinceMs] = (tokens.open(token) ?? []) as [
        string?,
        string?,
        number?,
      ]
      if (sealedFor !== site || visitorId === undefined || visitorSinceMs === undefined) {
        return undefined
      }
      return { visitorId, visitorSinceMs }
    },
  }
}
