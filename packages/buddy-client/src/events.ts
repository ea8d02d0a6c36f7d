import type { BuddyError } from './errors.ts'
import type { DeviceChange } from './media/device-control.ts'
import type { DeviceInfo } from './media/device-list.ts'
import type { Trust } from './call/mutual-trust.ts'
import type { CallQuality } from './peer/quality-monitor.ts'
import type { RecoveryStep } from './peer/recovery.ts'
import type { Sending } from './sending.ts'
import type { Retry } from './signaling/signaling-channel.ts'
import type { ClientState } from './state.ts'

/** The person one is matched with. Nothing else is known of them. */
export interface Partner {
  /** Cleaned of characters that deceive; never empty. */
  readonly name: string
  /** The room that the two are in, for a `report()` later on. */
  readonly room: string
}

/**
 * Why a call ended. The partner: `partner-next` pressed Next, `partner-left` left for good,
 * `partner-lost` vanished. Oneself: `next`, `stop`. Nobody: `call-failed` no media path (any more),
 * `server-lost` the connection to the server broke.
 */
export type CallEndReason =
  'partner-next' | 'partner-left' | 'partner-lost' | 'next' | 'stop' | 'call-failed' | 'server-lost'

/** What a client tells, by event name. */
export interface ClientEvents {
  /** After every change of {@link ClientState}. */
  readonly state: { readonly state: ClientState; readonly previous: ClientState }
  /** Camera and microphone are open, or (undefined) closed again. */
  readonly 'local-stream': MediaStream | undefined
  /** The partner's media begins, once a call; undefined when the call ends. */
  readonly 'remote-stream': MediaStream | undefined
  /** In the queue, with so many people on the server. */
  readonly waiting: { readonly online: number }
  /** A partner is found; `interests` are those in common. */
  readonly match: { readonly partner: Partner; readonly interests: readonly string[] }
  /** A line of text, the partner's or one's own. */
  readonly message: { readonly text: string; readonly from: 'partner' | 'self' }
  /** The partner has begun, or ceased, to type. */
  readonly typing: { readonly isTyping: boolean }
  /**
   * The path to the partner is lost and another is looked for (`restarting`, then `rebuilding`), or it
   * is there again (`none`). The call goes on meanwhile, the picture stands still.
   */
  readonly interruption: { readonly step: RecoveryStep }
  /**
   * How the call goes, in both directions, with figures: every 2 s while there is a path and the page
   * is in sight, from some 4 s after its beginning.
   */
  readonly quality: CallQuality
  /**
   * Who of the two would let the other have their address. Only where it is hidden until both do
   * (`relayUntilTrusted`): at the beginning of a call, when nobody does, and after every change.
   */
  readonly trust: Trust
  /** What the partner lets one see and hear has changed. */
  readonly 'partner-sending': Sending
  /** What one lets the partner see and hear has changed. */
  readonly sending: Sending
  /** Own camera or microphone was changed, by a person or by what happened to it. */
  readonly device: DeviceChange
  /** The devices there are: when devices are opened, and when one comes or goes meanwhile. */
  readonly devices: readonly DeviceInfo[]
  /**
   * A call has ended. The search goes on by itself, unless it was ended by `stop()` or the path was
   * lost for good in the middle of it (`isSearching` false): then it waits for `next()`.
   */
  readonly leave: { readonly reason: CallEndReason; readonly isSearching: boolean }
  /** How many people are here. */
  readonly stats: { readonly online: number; readonly waiting: number; readonly rooms: number }
  /** The server is lost; the next attempt is due in `delayMs`. A call goes on where it `mayResume`. */
  readonly retry: Retry
  /**
   * The server is there, at first and after every `retry`. Where the session `isResumed` nothing was
   * lost; else the server has forgotten it, and the search begins anew.
   */
  readonly welcome: { readonly isResumed: boolean; readonly allowsText: boolean }
  /** The partner's connection to the server is lost (it may come back), or is there again. */
  readonly 'partner-away': { readonly isAway: boolean }
  /** Something failed that no pending call could be rejected for. */
  readonly error: BuddyError
}
