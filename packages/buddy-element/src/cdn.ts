// Entry file of the script for CDNs. It registers the element. A CDN is no Buddy server, so the page has to name
// one.
import { BuddyChat } from './buddy-chat.ts'

BuddyChat.defaultServer = null

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
