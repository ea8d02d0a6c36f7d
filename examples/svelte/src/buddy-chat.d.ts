import type { BuddyChat, BuddyChatProperties, BuddyEventListeners } from '@buddy-chat/element'
import type { HTMLAttributes } from 'svelte/elements'

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'buddy-chat': HTMLAttributes<BuddyChat> & BuddyChatProperties & BuddyEventListeners
  }
}
