import type { BuddyChat, BuddyChatProperties, BuddyEventDetails } from '@buddy-chat/element'
import type { EmitFn, HTMLAttributes, PublicProps } from 'vue'

type Events = {
  [Name in keyof BuddyEventDetails]: (event: CustomEvent<BuddyEventDetails[Name]>) => void
}

declare module 'vue' {
  interface GlobalComponents {
    'buddy-chat': new () => BuddyChat & {
      $props: BuddyChatProperties & HTMLAttributes & PublicProps
      $emit: EmitFn<Events>
    }
  }
}
