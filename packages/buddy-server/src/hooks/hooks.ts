import type { ReportReason } from '@buddy-chat/protocol'
import type { SessionEnd } from '../sessions/sessions.ts'

/** A person, as far as the program around the server is told. */
export interface Person {
  readonly sessionId: string
  /** The site's key; empty is the server's own. */
  readonly site: string
  /** The name that the partner receives; empty if the visitor gave none. */
  readonly name: string
  /** Who it is to the site, where the site's token said so. */
  readonly subject: string | undefined
}

/** Somebody who knocks. */
export interface Visitor {
  /** The page, as its browser says; undefined for programs. */
  readonly origin: string | undefined
  /** The client's address, as far as proxies are trusted. Private: keep it out of logs. */
  readonly address: string
}

/**
 * What a program around the server may do, as the second argument of `createBuddyServer`. A hook that
 * throws (or rejects) is told to the log; where it was asked for leave, the answer is no, for this
 * person only. Hooks run in the server's own turn of the event loop: do not block it. What they are
 * given is a copy of its own.
 */
export interface BuddyServerHooks {
  /**
   * A connection before its first word, after the server's own limits. `false` refuses it with
   * `refused`. It has to answer at once; what takes time belongs into {@link onConnect}.
   */
  onUpgrade?(visitor: Visitor): boolean | void
  /**
   * Somebody says hello, after site, origin, ban and token. Not asked again for a session that is
   * resumed. `false` refuses with `refused`; `{ name }` gives another name, which is cleaned and cut
   * as any other; everything else admits. A promise is waited for, and holds up nobody else.
   */
  onConnect?(person: Omit<Person, 'sessionId'> & Visitor): ConnectAnswer | Promise<ConnectAnswer>
  /** Two have met. */
  onMatch?(match: {
    readonly room: string
    readonly people: readonly [Person, Person]
    /** From ticket to match, in the order of `people`. */
    readonly waitsMs: readonly [number, number]
  }): void
  /**
   * A line on its way to the partner; without this hook the server reads none. `false` keeps it back,
   * and its author gets the error `refused` (`internal` where the hook failed). A promise is waited
   * for, and holds up only that author's later lines, which are asked about meanwhile: they keep their
   * order. Without an answer after 10 s the hook has failed at this line. With 50 of one author
   * waiting, more are dropped (`rate-limited`). Of a line whose room is over, no one there hears more.
   */
  onText?(line: {
    readonly room: string
    readonly from: Person
    readonly to: Person
    readonly text: string
  }): boolean | void | Promise<boolean | void>
  /** Somebody reports the person they are with, or were with before: once for each. */
  onReport?(report: {
    readonly from: Person
    /** The room in which the two met. */
    readonly room: string
    /** The session reported; it may be over. `ban()` takes it for a day all the same. */
    readonly aboutId: string
    readonly reason: ReportReason
  }): void
  /** A session is over: `lost` after its grace time. */
  onDisconnect?(person: Person, reason: SessionEnd): void
}

/** What `onConnect` may answer. */
export type ConnectAnswer = boolean | { readonly name: string } | void
