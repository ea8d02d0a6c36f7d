// What clients hold for a server that may die: statements of its own, sealed so that nobody else can
// read or write them. The key alone opens them again, in a process that remembers nothing.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { Mode } from '@buddy-chat/protocol'
import { maxFieldBytes, modes } from '@buddy-chat/protocol'

/** Whose session it is, as a server that has forgotten it needs to know. */
export interface SessionStatement {
  readonly sessionId: string
  /** Wall-clock time. */
  readonly sealedAtMs: number
  /** Undefined where they were too long for a token: such a session ends with its server. */
  readonly facts:
    | {
        readonly site: string
        readonly name: string
        readonly subject: string | undefined
        readonly lobby: string | undefined
      }
    | undefined
}

/** Who is in a room with whom, as one of the two can prove. */
export interface Seat {
  readonly roomId: string
  readonly sessionId: string
  readonly partnerId: string
  readonly mode: Mode
  readonly lobby: string
  /** Wall-clock time. */
  readonly openedAtMs: number
}

/** Tokens for the two statements; what is no such token of this key opens as undefined. */
export interface ResumeTokens {
  sealSession(statement: SessionStatement): string
  openSession(token: string): SessionStatement | undefined
  /** Null where it is too long for a token. */
  sealSeat(seat: Seat): string | null
  openSeat(token: string): Seat | undefined
}

const ivBytes = 12
const tagBytes = 16

/** AES-256-GCM (NIST SP 800-38D), by a key for this purpose alone. */
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
      // Two spellings of one token would be two tokens to whoever compares them.
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

/** Tokens sealed by keys derived from the server's secret: the same secret opens them again. */
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
    sealSeat: ({ roomId, sessionId, partnerId, mode, lobby, openedAtMs }) => {
      const token = seats.seal([roomId, sessionId, partnerId, modes[mode], lobby, openedAtMs])
      return token.length <= maxFieldBytes.roomToken ? token : null
    },
    openSeat: (token) => {
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
