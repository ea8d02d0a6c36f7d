import type { Consent } from './call/mutual-consent.ts'
import type { SearchObstacle } from '@buddy-chat/protocol'
import type { BuddyError } from './errors.ts'
import type { Measure } from './measure.ts'
import type { DeviceChange } from './media/device-control.ts'
import type { DeviceInfo } from './media/device-list.ts'
import type { CallQuality } from './peer/quality-monitor.ts'
import type { RecoveryStep } from './peer/recovery.ts'
import type { Sending } from './sending.ts'
import type { Retry } from './signaling/signaling-channel.ts'
import type { ClientState } from './state.ts'

/** Everything that the client knows about the user's partner. */
export interface Partner {
  /** The partner's name, without deceptive characters. Empty if the partner gave no name. */
  readonly name: string
  /** The id of the room that both users share. Pass it to `report()` to report this partner later. */
  readonly room: string
}

/**
 * The reason why a call ended:
 * - the partner pressed Next (`partner-next`), left (`partner-left`), or lost the connection and did not
 *   come back (`partner-lost`)
 * - the page called `next()` (`next`), `report()` (`report`), `block()` (`block`) or `stop()` (`stop`)
 * - no media path could be found or restored (`call-failed`)
 * - the server has ended the session or refused the client (`server-lost`)
 */
export type CallEndReason =
  | 'partner-next'
  | 'partner-left'
  | 'partner-lost'
  | 'next'
  | 'report'
  | 'block'
  | 'stop'
  | 'call-failed'
  | 'server-lost'

/** Why the user waits, and whom the search accepts. */
export interface Searching {
  /** The number of users in this lobby whom the user could meet, including the user. */
  readonly online: number
  /**
   * How long similar searches have waited recently, in milliseconds; undefined if the server does not know.
   */
  readonly estimateMs: number | undefined
  /** The interests of which the partner must share one. Empty if none is required. */
  readonly interests: readonly string[]
  /** The languages of which the partner must share one, as BCP 47 tags. Empty if none is required. */
  readonly languages: readonly string[]
  /** The time until the search requires less, in milliseconds; undefined if it will not. */
  readonly widensInMs: number | undefined
  /**
   * Why the search finds no partner: the user has recently met all other users of the lobby or may not meet
   * them (`known-people`), or the lobby has no other user (`few-people`).
   */
  readonly obstacle: SearchObstacle
}

/** The events of a client, by name. */
export interface ClientEvents {
  /** Emitted after every change of {@link ClientState}. */
  readonly state: { readonly state: ClientState; readonly previous: ClientState }
  /** The stream of camera and microphone when they were opened; undefined when they were released. */
  readonly 'local-stream': MediaStream | undefined
  /** The partner's media when it has arrived, once for each call; undefined when the call ends. */
  readonly 'remote-stream': MediaStream | undefined
  /** The client has entered the queue. `online` is the number of users on the server. */
  readonly waiting: { readonly online: number }
  /**
   * Explains the wait. Emitted after `waiting`, and again when one of the fields changes. Servers before 0.2
   * do not send it.
   */
  readonly searching: Searching
  /**
   * A partner was found. `interests` and `languages` are those that both users have in common. `isRematch` is
   * true if they have met recently, and no other user was available.
   */
  readonly match: {
    readonly partner: Partner
    readonly interests: readonly string[]
    readonly languages: readonly string[]
    readonly isRematch: boolean
  }
  /** The operator has warned, slowed or banned this user. After a ban, the `BuddyError` `banned` follows. */
  readonly measure: Measure
  /** The partner has sent a text, or this client has. */
  readonly message: { readonly text: string; readonly from: 'partner' | 'self' }
  /** The partner has started or stopped typing. */
  readonly typing: { readonly isTyping: boolean }
  /**
   * The media path is lost and the client looks for another (`restarting`, then `rebuilding`), or media
   * flows again (`none`). The call continues meanwhile, but the partner's video is frozen.
   */
  readonly interruption: { readonly step: RecoveryStep }
  /**
   * The quality of the call in both directions, with measurements. Emitted every 2 s while there is a media
   * path and the page is visible. The first event comes about 4 s after the call has connected.
   */
  readonly quality: CallQuality
  /**
   * Which of the two users have agreed to reveal their address. Emitted at the beginning of a call, when
   * neither has agreed, and after every change. Emitted only with the option `relayUntilTrusted`.
   */
  readonly trust: Consent
  /**
   * Which of the two users have agreed to show their pictures, and whether clear pictures are sent, which is while
   * both agree. Emitted at the beginning of a call and after every change. Emitted only with the option
   * `reveal: 'mutual'` in video mode.
   */
  readonly reveal: Consent & { readonly isRevealed: boolean }
  /** The partner's client sends other media than before, for example because the partner has muted it. */
  readonly 'partner-sending': Sending
  /** The user has muted or unmuted audio or video. */
  readonly sending: Sending
  /** The local camera or microphone has changed, by a method call of the page or by the system. */
  readonly device: DeviceChange
  /**
   * The list of devices. Emitted when devices are opened, and when the list changes while they are open.
   */
  readonly devices: readonly DeviceInfo[]
  /**
   * A call has ended. `isSearching` is true if the client searches for another partner. It is false after
   * `stop()`, after a refusal by the server, and if the media path was lost during the call. In the last
   * case, the client waits for `next()`.
   */
  readonly leave: { readonly reason: CallEndReason; readonly isSearching: boolean }
  /** The numbers of users online, of users in the queue, and of rooms on the server. */
  readonly stats: { readonly online: number; readonly waiting: number; readonly rooms: number }
  /**
   * The connection to the server has failed or was lost, and the client will try again in `delayMs`. A call
   * continues if `mayResume` is true.
   */
  readonly retry: Retry
  /**
   * The client has connected to the server, at first or after a `retry`. If `isResumed` is true, the
   * session continues and no message was lost. Otherwise the session is new, and the client searches
   * again.
   */
  readonly welcome: { readonly isResumed: boolean; readonly allowsText: boolean }
  /** The partner has lost the connection to the server (`isAway`), or has come back. */
  readonly 'partner-away': { readonly isAway: boolean }
  /** A failure that belongs to no pending method call. */
  readonly error: BuddyError
}
