// Resume tokens and room tokens. With them a client proves its session and its room, also to a later server
// process. They are encrypted and authenticated, so that only a process with the same key can read or create
// them.
import type { Mode } from '@buddy-chat/protocol'
import { maxFieldBytes, modes } from '@buddy-chat/protocol'
import type { RoomClaim } from '../engine/room.ts'
import { newVisitor } from '../safety/person-keys.ts'
import { createSeal } from '../safety/seal.ts'
import type { Identity } from './identity.ts'

/** The data by which a later process restores a session. */
export interface SessionStatement {
  readonly sessionId: string
  /** When the token was created, in milliseconds since 1970. */
  readonly sealedAtMs: number
  /** How many welcomes the session has had, at all nodes. Tokens of version 0.1.0 do not have it. @default 0 */
  readonly welcomes?: number
  /**
   * What a later process needs to restore the session. Undefined if it was too long for a token; then only
   * the process that has the session can resume it.
   */
  readonly facts: Identity | undefined
}

/**
 * Creates and reads tokens. The `open…` functions return undefined for a text that is not a token of this
 * key.
 */
export interface ResumeTokens {
  sealSession(statement: SessionStatement): string
  openSession(token: string): SessionStatement | undefined
  /** Returns null if the claim is too long for a token. */
  sealRoom(claim: RoomClaim): string | null
  openRoom(token: string): RoomClaim | undefined
}

type FactsList = readonly [
  site: string,
  name: string,
  subject: string | null,
  lobby: string | null,
  visitorId?: string,
  visitorSinceMs?: number,
  band?: string,
  attributes?: Identity['attributes'],
]

function listOf(identity: Identity): FactsList {
  const { site, name, subject = null, lobby = null, visitorId, visitorSinceMs } = identity
  const { band, attributes } = identity
  return [site, name, subject, lobby, visitorId, visitorSinceMs, band, attributes]
}

function identityIn(facts: FactsList, sealedAtMs: number): Identity {
  const [site, name, subject, lobby, visitorId, visitorSinceMs, band, attributes] = facts
  return {
    site,
    name,
    subject: subject ?? undefined,
    lobby: lobby ?? undefined,
    // Tokens of version 0.1.0 have no band, no attributes and no visitor.
    band: band ?? '',
    attributes: attributes ?? {},
    ...(visitorId === undefined || visitorSinceMs === undefined
      ? newVisitor(sealedAtMs)
      : { visitorId, visitorSinceMs }),
  }
}

/** Creates the token functions of a server. A later process with the same secret can read the tokens. */
export function createResumeTokens(secretKey: string): ResumeTokens {
  const sessions = createSeal(secretKey, 'buddy session statement v1')
  const seats = createSeal(secretKey, 'buddy seat statement v1')
  return {
    sealSession: ({ sessionId, sealedAtMs, facts, welcomes = 0 }) => {
      const token = sessions.seal([sessionId, sealedAtMs, facts && listOf(facts), welcomes])
      return token.length <= maxFieldBytes.resumeToken
        ? token
        : sessions.seal([sessionId, sealedAtMs, null, welcomes])
    },
    openSession: (token) => {
      const opened = sessions.open(token)
      if (!opened) return undefined
      const [sessionId, sealedAtMs, facts, welcomes] = opened as [
        string,
        number,
        FactsList | null,
        number?,
      ]
      const identity = facts ? identityIn(facts, sealedAtMs) : undefined
      return { sessionId, sealedAtMs, facts: identity, welcomes: welcomes ?? 0 }
    },
    sealRoom: ({ roomId, sessionId, partnerId, mode, lobby, openedAtMs, partnerKey }) => {
      const number = modes[mode]
      const token = seats.seal([
        roomId,
        sessionId,
        partnerId,
        number,
        lobby,
        openedAtMs,
        partnerKey,
      ])
      return token.length <= maxFieldBytes.roomToken ? token : null
    },
    openRoom: (token) => {
      const opened = seats.open(token)
      if (!opened) return undefined
      const [roomId, sessionId, partnerId, number, lobby, openedAtMs, partnerKey] = opened as [
        string,
        string,
        string,
        number,
        string,
        number,
        (string | null)?,
      ]
      const mode = (Object.keys(modes) as Mode[]).find((name) => modes[name] === number)
      return (
        mode && {
          roomId,
          sessionId,
          partnerId,
          mode,
          lobby,
          openedAtMs,
          partnerKey: partnerKey ?? undefined,
        }
      )
    },
  }
}
