import { BuddyChat } from './buddy-chat.ts'

// A page may load this twice, as by a script tag and a bundle. The second time must not throw.
if (typeof customElements !== 'undefined' && !customElements.get('buddy-chat')) {
  customElements.define('buddy-chat', BuddyChat)
}

export { BuddyChat }
export type { BuddyEventDetails, BuddyEventName } from './events.ts'
