import type { BuddyChat, BuddyChatProperties, BuddyEventListeners } from '@buddy-chat/element'
import type { DetailedHTMLProps, HTMLAttributes } from 'react'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'buddy-chat': DetailedHTMLProps<HTMLAttributes<BuddyChat>, BuddyChat> &
        BuddyChatProperties &
        BuddyEventListeners
    }
  }
}
