import type { Trust } from './call/mutual-trust.ts'
import type { BuddyError } from './errors.ts'
import type { DeviceChange } from './media/device-control.ts'
import type { DeviceInfo } from './media/device-list.ts'
import type { CallQuality } from './peer/quality-monitor.ts'
import type { RecoveryStep } from './peer/recovery.ts'
import type { Sending } from './sending.ts'
import type { Retry } from './signaling/signaling-channel.ts'
import type { ClientState } from './state.ts'

/** The user's partner. The client knows nothing else about them. */
export interface Partner {
  /** Cleaned of characters that deceive; empty if the partner gave no name. */
  readonly name: string
  /** The room of both users, for a later `report()`. */
  readonly room: string
}

/**
 * Why a call ended:
 * - the partner pressed Next (`partner-next`), left (`partner-left`), or did not come back after a loss
 *   of connection (`partner-lost`)
 * - this client called `next()` (`next`) or `stop()` (`stop`)
 * - there is no media path, or none any more (`call-failed`), or the server has ended the session
 *   (`server-lost`)
 */
export type CallEndReason =
  'partner-next' | 'partner-left' | 'partner-lost' | 'next' | 'stop' | 'call-failed' | 'server-lost'

/** The events of a client, by name. */
export interface ClientEvents {
  /** Emitted after every change of {@link ClientState}. */
  readonly state: { readonly state: ClientState; readonly previous: ClientState }
  /** Camera and microphone were opened; undefined when they were released. */
  readonly 'local-stream': MediaStream | undefined
  /** The partner's media has arrived, once for each call; undefined when the call ends. */
  readonly 'remote-stream': MediaStream | undefined
  /** The client is in the queue. `online` is the number of users on the server. */
  readonly waiting: { readonly online: number }
  /** A partner was found. `interests` are those in common. */
  readonly match: { readonly partner: Partner; readonly interests: readonly string[] }
  /** A text of the partner, or of this client. */
  readonly message: { readonly text: string; readonly from: 'partner' | 'self' }
  /** The partner has started or stopped typing. */
  readonly typing: { readonly isTyping: boolean }
  /**
   * The media path is lost and the client looks for another (`restarting`, then `rebuilding`), or media
   * flows again (`none`). The call continues meanwhile, but the partner's video is frozen.
   */
  readonly interruption: { readonly step: RecoveryStep }
  /**
   * The quality of the call in both directions, with figures. Emitted every 2 s while there is a media
   * path and the page is visible, first about 4 s after the call has connected.
   */
  readonly quality: CallQuality
  /**
   * Which of the two users have agreed to reveal their address. Emitted only with `relayUntilTrusted`:
   * at the beginning of a call, when neither has agreed, and after every change.
   */
  readonly trust: Trust
  /** What the partner sends has changed. */
  readonly 'partner-sending': Sending
  /** What this client lets the partner hear and see has changed. */
  readonly sending: Sending
  /** The local camera or microphone has changed, by a call of the page or by an event of the system. */
  readonly device: DeviceChange
  /** The list of devices: when devices are opened, and when one is added or removed while they are open. */
  readonly devices: readonly DeviceInfo[]
  /**
   * A call has ended. If `isSearching`, the client searches for another partner. It does not after
   * `stop()` or a refusal, nor if the media path was lost during the call: then it waits for `next()`.
   */
  readonly leave: { readonly reason: CallEndReason; readonly isSearching: boolean }
  /** The numbers of users and rooms on the server. */
  readonly stats: { readonly online: number; readonly waiting: number; readonly rooms: number }
  /** The server is lost, and the next attempt is in `delayMs`. If `mayResume`, a call continues. */
  readonly retry: Retry
  /**
   * The server is connected, at first and after every `retry`. If the session `isResumed`, no message
   * was lost. Otherwise the server has ended the session, and the client searches again.
   */
  readonly welcome: { readonly isResumed: boolean; readonly allowsText: boolean }
  /** The partner has lost the connection to the server and may come back, or has come back. */
  readonly 'partner-away': { readonly isAway: boolean }
  /** A failure that belongs to no pending method call. */
  readonly error: BuddyError
}
