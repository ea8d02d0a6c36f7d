export { BuddyChat } from './buddy-chat.ts'
export type { BuddyEventDetails, BuddyEventName } from './events.ts'
export type { BuddyChatProperties, BuddyEventListeners } from './framework-types.ts'
