// The entry of the script tag: registers the element, and uses the server that delivered this file as
// the default server.
import { BuddyChat } from './buddy-chat.ts'

const ownName = /\/buddy-chat\.js$/

/**
 * The tag of this script. `currentScript` is null in a module script, so that the page is searched
 * for it.
 */
function findScript(): HTMLScriptElement | undefined {
  const script = document.currentScript
  if (script instanceof HTMLScriptElement) return script
  return [...document.scripts].find(
    ({ src, type }) => type === 'module' && src && ownName.test(new URL(src).pathname),
  )
}

// `currentScript` is set only while the script runs.
const { src } = findScript() ?? {}
if (src) BuddyChat.defaultServer = new URL('.', src).href

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
