import type { BuddyClientOptions } from '@buddy-chat/client'
import type { GuardSource } from '@buddy-chat/client/guard'
import type { ReactiveControllerHost } from 'lit'
import type { BuddyEventDetails, BuddyEventName } from '../events.ts'
import type { AgreementView } from '../view/agreement-view.ts'

/** The functions of the element that the controller uses. */
export interface ControllerHost extends ReactiveControllerHost {
  readonly isConnected: boolean
  /** Returns the options for the next start, from the current attributes. */
  clientOptions(): BuddyClientOptions
  /** Returns whether the visitor's choices may be stored for the next visit. */
  remembersDevices(): boolean
  /** The version of the terms that the visitor has agreed to. */
  agreed: string
  /** Returns what the visitor has to agree to; undefined if nothing. */
  requiredAgreement(): AgreementView | undefined
  /**
   * Returns the guard that the page has set; undefined if none. It is the same object until the page sets
   * another.
   */
  guardSource(): GuardSource | undefined
  /** Returns whether the window that the element is in is hidden. */
  isHidden(): boolean
  /** Returns whether the field for text messages has the focus. */
  isWriting(): boolean
  /** Dispatches a DOM event. Returns false if a listener has cancelled it. */
  announce<Name extends BuddyEventName>(name: Name, detail: BuddyEventDetails[Name]): boolean
}
