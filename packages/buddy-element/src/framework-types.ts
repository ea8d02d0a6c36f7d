import type { LitElement } from 'lit'
import type { BuddyChat } from './buddy-chat.ts'
import type { BuddyEventDetails, BuddyEventName } from './events.ts'

type OwnName = Exclude<keyof BuddyChat, keyof LitElement>
type ReadOnlyName = 'client' | 'criteria' | 'state' | 'localStream' | 'remoteStream'
type MethodName = {
  [Name in OwnName]: BuddyChat[Name] extends (...args: never[]) => unknown ? Name : never
}[OwnName]

/**
 * The properties of `<buddy-chat>` that a page can set, for the templates of frameworks. A property that is
 * undefined has its default.
 */
export type BuddyChatProperties = {
  readonly [Name in Exclude<OwnName, ReadOnlyName | MethodName>]?: BuddyChat[Name] | undefined
}

/**
 * The listeners of `<buddy-chat>` for templates in which `on` precedes the name of the event, such as
 * `onbuddy-match`: those of React, Preact and Svelte.
 */
export type BuddyEventListeners = {
  readonly [Name in BuddyEventName as `on${Name}`]?:
    ((event: CustomEvent<BuddyEventDetails[Name]>) => void) | undefined
}
