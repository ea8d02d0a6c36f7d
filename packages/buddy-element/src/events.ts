import type {
  BuddyError,
  CallEndReason,
  CallQuality,
  ClientEvents,
  ClientState,
  DeviceChange,
  RecoveryStep,
  ReportReason,
  Trust,
} from '@buddy-chat/client'
import type { GuardChange } from '@buddy-chat/client/guard'
import type { ChosenCriteria } from './view/criteria-view.ts'

/** The `detail` of each DOM event of `<buddy-chat>`. */
export interface BuddyEventDetails {
  /**
   * The visitor pressed Start, or the page called `start()`. `preventDefault()` prevents the start.
   */
  readonly 'buddy-start': null
  /**
   * The visitor has answered whether they agree to the terms of the attribute `agreement`. `preventDefault()`
   * closes the question and starts nothing; a page that checks the visitor itself sets `agreed` and calls
   * `start()` afterwards.
   */
  readonly 'buddy-agreement': { readonly version: string; readonly agreed: boolean }
  readonly 'buddy-state-change': { readonly state: ClientState; readonly previous: ClientState }
  /**
   * A partner was found. `partner.name` is the name that the element shows. If the partner has no
   * visible name, this is a word such as “Stranger” in the visitor's language. The client's event
   * `match` has the partner's own name instead.
   * `interests` and `languages` are those that both have in common.
   */
  readonly 'buddy-match': ClientEvents['match']
  /**
   * The visitor has changed interests or languages. `languages` are primary subtags, the most wanted
   * first. Not dispatched if the page changes them.
   */
  readonly 'buddy-criteria-change': ChosenCriteria
  readonly 'buddy-message': { readonly text: string; readonly from: 'partner' | 'self' }
  readonly 'buddy-leave': { readonly reason: CallEndReason }
  /**
   * The quality of the call in both directions. Emitted every 2 s while media flows and the page is
   * visible.
   */
  readonly 'buddy-quality': CallQuality
  /**
   * The network path to the partner is lost and the client looks for another one, or media flows
   * again (step `none`).
   */
  readonly 'buddy-interruption': { readonly step: RecoveryStep }
  /** The visitor's camera or microphone was replaced, paused by the system, lost or restored. */
  readonly 'buddy-device': DeviceChange
  /**
   * Whether the visitor and the partner have agreed to a direct connection, which reveals their
   * addresses to each other; see `relayuntiltrusted`.
   */
  readonly 'buddy-trust': Trust
  /**
   * The verdict of the page's guard on the visitor's own picture or the partner's has changed.
   * `preventDefault()` prevents the element's action.
   */
  readonly 'buddy-guard': GuardChange
  /**
   * With `reveal="mutual"`: whether the visitor and the partner have agreed to show their faces, and whether they
   * are shown.
   */
  readonly 'buddy-reveal': ClientEvents['reveal']
  /**
   * The page or the visitor reports a partner. `room` is `partner.room` of that partner's `buddy-match`
   * event. `preventDefault()` prevents the report.
   */
  readonly 'buddy-report': { readonly reason: ReportReason; readonly room: string }
  /** The page or the visitor blocks a partner. `preventDefault()` prevents the block. */
  readonly 'buddy-block': { readonly room: string }
  /**
   * An error that did not reach the page otherwise: no method that the page called has thrown it or
   * rejected with it.
   */
  readonly 'buddy-error': { readonly error: BuddyError }
}

/** The name of a DOM event of `<buddy-chat>`. */
export type BuddyEventName = keyof BuddyEventDetails

const cancelableNames = new Set<BuddyEventName>([
  'buddy-start',
  'buddy-agreement',
  'buddy-guard',
  'buddy-report',
  'buddy-block',
])

/** Creates an event that bubbles and crosses shadow roots. */
export function createEvent<Name extends BuddyEventName>(
  name: Name,
  detail: BuddyEventDetails[Name],
): CustomEvent<BuddyEventDetails[Name]> {
  const cancelable = cancelableNames.has(name)
  return new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable })
}

type BuddyEvents = {
  readonly [Name in BuddyEventName]: CustomEvent<BuddyEventDetails[Name]>
}

declare global {
  interface HTMLElementEventMap extends BuddyEvents {}
}
