// What the script tag loads: registers the element and makes the server that delivered this file
// the default one.
import { BuddyChat } from './buddy-chat.ts'

// Must be read while the script runs; null in a module script, where the page's origin is meant.
const script = document.currentScript
if (script instanceof HTMLScriptElement && script.src) {
  BuddyChat.defaultServer = new URL('.', script.src).href
}

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
