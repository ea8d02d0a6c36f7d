import type { ReportReason } from '@buddy-chat/protocol'
import type { SessionEnd } from '../sessions/sessions.ts'

/** A user, as hooks receive them. */
export interface Person {
  readonly sessionId: string
  /** The key of the site; empty for the server's own site. */
  readonly site: string
  /** The name that the partner receives; empty if the visitor gave none. */
  readonly name: string
  /** The user's identity at the site, from the site's token. Undefined without a token. */
  readonly subject: string | undefined
}

/** A client that wants to connect. */
export interface Visitor {
  /** The origin of the page, as the browser sends it. Undefined for clients that are no browser. */
  readonly origin: string | undefined
  /** The client's address, from a proxy's header if that proxy is trusted. Private: do not log it. */
  readonly address: string
}

/**
 * The hooks of an embedding program, part of the second argument of `createBuddyServer`. If a hook throws
 * or rejects, the server logs the error. If the hook decides something, its failure counts as a refusal,
 * for this user only. Hooks run in the server's event loop, so they must not block. Their arguments are
 * copies.
 */
export interface BuddyServerHooks {
  /**
   * Called for each connection before its first message, after the server's own limits. `false` refuses
   * the client with `refused`. The answer cannot be a promise; use {@link onConnect} for checks that take
   * time.
   */
  onUpgrade?(visitor: Visitor): boolean | void
  /**
   * Called for each `hello`, after the checks of site, origin, ban and token; not when a session resumes.
   * `false` refuses the client with `refused`. `{ name }` replaces the name; it is cleaned and cut to the
   * maximum size. Any other value admits the client. If the answer is a promise, only this client waits.
   */
  onConnect?(person: Omit<Person, 'sessionId'> & Visitor): ConnectAnswer | Promise<ConnectAnswer>
  /** Called when two users are matched. */
  onMatch?(match: {
    readonly room: string
    readonly people: readonly [Person, Person]
    /** The time from ticket to match, in the order of `people`. */
    readonly waitsMs: readonly [number, number]
  }): void
  /**
   * Called for each text before it is relayed. The server reads texts only if this hook is set. `false`
   * drops the text, and its author receives the error `refused`. Texts of one author keep their order:
   * the hook is called for each at once, and an allowed text waits until those before it are decided.
   * If the hook fails, or does not answer within 10 s, the text is dropped with the error `internal`. If
   * 50 texts of one author wait, the next are dropped with `rate-limited`. If the room ends first, the
   * answer is ignored.
   */
  onText?(text: {
    readonly room: string
    readonly from: Person
    readonly to: Person
    readonly text: string
  }): boolean | void | Promise<boolean | void>
  /** Called when a user reports the present or an earlier partner, once for each partner. */
  onReport?(report: {
    readonly from: Person
    /** The room of the two users. */
    readonly room: string
    /** The reported session. It may have ended; `ban()` accepts it for a day after the report. */
    readonly aboutId: string
    readonly reason: ReportReason
  }): void
  /** Called when a session ends. `lost` means that its grace time is over. */
  onDisconnect?(person: Person, reason: SessionEnd): void
}

/** The answer of `onConnect`. */
export type ConnectAnswer = boolean | { readonly name: string } | void
