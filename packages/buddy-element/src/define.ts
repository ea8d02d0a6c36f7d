import { BuddyChat } from './buddy-chat.ts'

// A page may load this module twice, for example by a script tag and in a bundle of its own. A
// second definition would throw.
if (typeof customElements !== 'undefined' && !customElements.get('buddy-chat')) {
  customElements.define('buddy-chat', BuddyChat)
}

export { BuddyChat }
export type { BuddyEventDetails, BuddyEventName } from './events.ts'
export type { BuddyChatProperties, BuddyEventListeners } from './framework-types.ts'
