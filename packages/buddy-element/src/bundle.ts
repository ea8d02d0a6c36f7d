// What the script tag loads: registers the element and makes the server that delivered this file
// the default one.
import { BuddyChat } from './buddy-chat.ts'

const ownName = /\/buddy-chat\.js$/

/** The tag of this script. A module script is never `currentScript`: the page is searched for its tag. */
function findScript(): HTMLScriptElement | undefined {
  const script = document.currentScript
  if (script instanceof HTMLScriptElement) return script
  return [...document.scripts].find(
    ({ src, type }) => type === 'module' && src && ownName.test(new URL(src).pathname),
  )
}

// Must be read while the script runs.
const { src } = findScript() ?? {}
if (src) BuddyChat.defaultServer = new URL('.', src).href

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
