// Resume tokens and room tokens. With them a client proves its session and its room, also to a later server
// process. They are encrypted and authenticated, so that only a process with the same key can read or create
// them.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Mode } from '@buddy-chat/protocol'
import { maxFieldBytes, modes } from '@buddy-chat/protocol'
import type { RoomClaim } from '../engine/room.ts'
import { randomBytes } from '../random-bytes.ts'

/** The data by which a later process restores a session. */
export interface SessionStatement {
  readonly sessionId: string
  /** When the token was created, in milliseconds since 1970. */
  readonly sealedAtMs: number
  /**
   * What a later process needs to restore the session. Undefined if it was too long for a token; then only
   * the process that has the session can resume it.
   */
  readonly facts:
    | {
        readonly site: string
        readonly name: string
        readonly subject: string | undefined
        readonly lobby: string | undefined
      }
    | undefined
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

const ivBytes = 12
const tagBytes = 16

/**
 * Returns functions that encrypt and decrypt values with AES-256-GCM (NIST SP 800-38D). Each purpose has a
 * key of its own, derived from the secret.
 */
function createSeal(secretKey: string, purpose: string) {
  const key = createHmac('sha256', secretKey).update(purpose).digest()
  return {
    seal(value: readonly unknown[]): string {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = [cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat([iv, ...sealed]).toString('base64url')
    },
    open(token: string): readonly unknown[] | undefined {
      const bytes = Buffer.from(token, 'base64url')
      // Several base64url texts decode to the same bytes. Only the canonical one is accepted.
      if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64url') !== token) {
        return undefined
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const opened = decipher.update(bytes.subarray(ivBytes, -tagBytes))
        return JSON.parse(Buffer.concat([opened, decipher.final()]).toString()) as unknown[]
      } catch {
        return undefined
      }
    },
  }
}

/** Creates the token functions of a server. A later process with the same secret can read the tokens. */
export function createResumeTokens(secretKey: string): ResumeTokens {
  const sessions = createSeal(secretKey, 'buddy session statement v1')
  const seats = createSeal(secretKey, 'buddy seat statement v1')
  return {
    sealSession: ({ sessionId, sealedAtMs, facts }) => {
      const { site, name, subject = null, lobby = null } = facts ?? {}
      const token = sessions.seal([sessionId, sealedAtMs, facts && [site, name, subject, lobby]])
      return token.length <= maxFieldBytes.resumeToken
        ? token
        : sessions.seal([sessionId, sealedAtMs, null])
    },
    openSession: (token) => {
      const opened = sessions.open(token)
      if (!opened) return undefined
      const [sessionId, sealedAtMs, facts] = opened as [string, number, (string | null)[] | null]
      if (!facts) return { sessionId, sealedAtMs, facts: undefined }
      const [site = null, name = null, subject = null, lobby = null] = facts
      return {
        sessionId,
        sealedAtMs,
        facts: {
          site: site ?? '',
          name: name ?? '',
          subject: subject ?? undefined,
          lobby: lobby ?? undefined,
        },
      }
    },
    sealRoom: ({ roomId, sessionId, partnerId, mode, lobby, openedAtMs }) => {
      const token = seats.seal([roomId, sessionId, partnerId, modes[mode], lobby, openedAtMs])
      return token.length <= maxFieldBytes.roomToken ? token : null
    },
    openRoom: (token) => {
      const opened = seats.open(token)
      if (!opened) return undefined
      const [roomId, sessionId, partnerId, number, lobby, openedAtMs] = opened as [
        string,
        string,
        string,
        number,
        string,
        number,
      ]
      const mode = (Object.keys(modes) as Mode[]).find((name) => modes[name] === number)
      return mode && { roomId, sessionId, partnerId, mode, lobby, openedAtMs }
    },
  }
}
