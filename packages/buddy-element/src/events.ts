import type {
  BuddyError,
  CallEndReason,
  CallQuality,
  ClientState,
  DeviceChange,
  Partner,
  RecoveryStep,
  ReportReason,
  Trust,
} from '@buddy-chat/client'

/** What each DOM event of `<buddy-chat>` carries in `detail`. */
export interface BuddyEventDetails {
  /** Start was pressed or called; `preventDefault()` keeps everything closed. */
  readonly 'buddy-start': null
  readonly 'buddy-state-change': { readonly state: ClientState; readonly previous: ClientState }
  /**
   * A partner is found. `partner.name` is the name that the element shows: if the partner gave none, or
   * none that can be seen, the word for that in the visitor's language. The client's own event `match`
   * has the name as the partner gave it.
   */
  readonly 'buddy-match': { readonly partner: Partner; readonly interests: readonly string[] }
  readonly 'buddy-message': { readonly text: string; readonly from: 'partner' | 'self' }
  readonly 'buddy-leave': { readonly reason: CallEndReason }
  /** How the call goes, in both directions: every 2 s while there is a path and the page is in sight. */
  readonly 'buddy-quality': CallQuality
  /** The path to the partner is lost and another is looked for, or (`none`) it is there again. */
  readonly 'buddy-interruption': { readonly step: RecoveryStep }
  /** Own camera or microphone was changed, paused by the system or lost. */
  readonly 'buddy-device': DeviceChange
  /** Who of the two would let the other have their address, see `relayuntiltrusted`. */
  readonly 'buddy-trust': Trust
  /** The partner, or the one before, was reported. */
  readonly 'buddy-report': { readonly reason: ReportReason }
  /** Something failed that no call of `start()` or `send()` told its caller. */
  readonly 'buddy-error': { readonly error: BuddyError }
}

/** The name of a DOM event of `<buddy-chat>`. */
export type BuddyEventName = keyof BuddyEventDetails

/** An event that bubbles and leaves shadow trees; only `buddy-start` can be cancelled. */
export function createEvent<Name extends BuddyEventName>(
  name: Name,
  detail: BuddyEventDetails[Name],
): CustomEvent<BuddyEventDetails[Name]> {
  const cancelable = name === 'buddy-start'
  return new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable })
}

type BuddyEvents = {
  readonly [Name in BuddyEventName]: CustomEvent<BuddyEventDetails[Name]>
}

declare global {
  interface HTMLElementEventMap extends BuddyEvents {}
}
