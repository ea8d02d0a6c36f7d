import type { ReportReason } from '@buddy-chat/protocol'
import type { Decision } from '../safety/moderation.ts'
import type { SessionEnd } from '../sessions/sessions.ts'

/** A user, in the form that hooks receive. */
export interface Person {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The name that the partner receives; empty if the user gave none. */
  readonly name: string
  /** The user's identity at the site, from the site token. Undefined if the client sent no site token. */
  readonly subject: string | undefined
}

/** A client that wants to connect. */
export interface Visitor {
  /** The origin of the page, as the browser sends it. Undefined if the client is not a browser. */
  readonly origin: string | undefined
  /**
   * The client's address; if a trusted proxy forwards the connection, from its header. This is private data,
   * so do not log it.
   */
  readonly address: string
}

/** A client that has sent `hello`. */
export interface Arrival extends Omit<Person, 'sessionId'>, Visitor {
  /** The answer to a captcha or a proof of work; undefined if the client sent none. It is not checked. */
  readonly proof: string | undefined
  /**
   * Whether the server has first seen this browser less than `NEW_VISITOR_SECONDS` ago. A browser that keeps no
   * visitor token is always new.
   */
  readonly isNewVisitor: boolean
  /** Whether an earlier process of this server has admitted the session. Then the client sends no proof. */
  readonly isRestored: boolean
}

/**
 * The time that the hook `onConnect` has, for example for a request to a captcha service. It ends before the
 * default time for `hello`, so that the client gets a reason.
 */
export const onConnectTimeoutMs = 8000

/** The limits of the hook `onText`. */
export const onTextLimits = {
  /**
   * A hook that has not answered after this time has failed. The time is short, because users expect a text
   * to arrive at once.
   */
  answerTimeoutMs: 10_000,
  /**
   * The texts of one author that may wait for an answer. The rate limit allows fewer within the timeout, so
   * only texts that were kept for a partner after a restart can exceed this number.
   */
  maxWaitingTexts: 50,
} as const

/**
 * The hooks of an embedding program, part of the second argument of `createBuddyServer`. If a hook throws or
 * rejects, the server logs the error. If the server waits for the hook's decision, a failure counts as a
 * refusal, for this user only. Hooks run in the server's event loop, so they must not block. Their arguments
 * are copies.
 */
export interface BuddyServerHooks {
  /**
   * Called for each new connection, after the checks of the server's own limits and before its first message.
   * `false` refuses the client with `refused`. The answer cannot be a promise; use {@link onConnect} for
   * checks that take time.
   */
  onUpgrade?(visitor: Visitor): boolean | void
  /**
   * Called for each `hello`, after the checks of site, origin, ban and token; not when a session resumes.
   * `false` refuses the client with `refused`. `{ name }` replaces the name; that name is cleaned and cut to
   * the maximum size. `'proof-required'` refuses the client with that error, and the page can try again with
   * another proof. Any other value admits the client. If the answer is a promise, only this client waits, for
   * 8 s at most; then it is refused.
   */
  onConnect?(arrival: Arrival): ConnectAnswer | Promise<ConnectAnswer>
  /** Called when two users are matched. */
  onMatch?(match: {
    readonly room: string
    readonly people: readonly [Person, Person]
    /** How long each of the two users waited from ticket to match, in the order of `people`. */
    readonly waitsMs: readonly [number, number]
  }): void
  /**
   * Called for each text before it is relayed. `false` drops the text, and its author receives the error
   * `refused`. A text replaces it, for the partner only; it is cleaned, and must have 1 to 4096 bytes. The hook is
   * called for each text at once. But texts of one author keep their order, so an allowed text waits until all earlier
   * ones are decided. If the hook fails, or does not answer within 10 s, the text is dropped with the error `internal`.
   * If 50 texts of one author wait, the next are dropped with `rate-limited`. If the room ends first, the answer is
   * ignored.
   */
  onText?(text: {
    readonly room: string
    readonly from: Person
    readonly to: Person
    readonly text: string
  }): TextAnswer | Promise<TextAnswer>
  /**
   * Called when a user reports the present or an earlier partner. If a user reports the same partner again,
   * it is not called again.
   */
  onReport?(report: {
    readonly from: Person
    /** The room of the two users. */
    readonly room: string
    /**
     * The id of the reported session. The session may have ended, but `ban()` accepts this id as long as the
     * report is kept (`RETENTION_DAYS`).
     */
    readonly aboutId: string
    readonly reason: ReportReason
    /** The user's note; null if there is none. */
    readonly note: string | null
    /** The id of the reported person, for `moderation.decide`; null if the server does not know the person. */
    readonly personId: string | null
    /** The id of the stored report, for `moderation.still`; null if it was not stored. */
    readonly reportId: string | null
    /** Whether it has a picture. */
    readonly hasStill: boolean
  }): void
  /** Called for each decision about a person, by an operator, this program or a rule. */
  onDecision?(decision: Decision): void
  /** Called when a session ends. `lost` means that its grace time is over. */
  onDisconnect?(person: Person, reason: SessionEnd): void
}

/** The answer of `onText`. */
export type TextAnswer = boolean | string | void

/** The answer of `onConnect`. */
export type ConnectAnswer = boolean | 'proof-required' | { readonly name: string } | void
