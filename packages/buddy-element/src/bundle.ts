// Entry file of the script that Buddy servers serve. Registers the element, and makes the server that delivered
// this file the default server.
import { BuddyChat } from './buddy-chat.ts'
import { scriptServer } from './script-server.ts'
import { version } from './version.ts'

const ownName = /\/buddy-chat\.js$/

/**
 * Returns the tag of this script. In a module script, `currentScript` is null, so the tag is
 * searched for in the page.
 */
function findScript(): HTMLScriptElement | undefined {
  const script = document.currentScript
  if (script instanceof HTMLScriptElement) return script
  return [...document.scripts].find(
    ({ src, type }) => type === 'module' && src && ownName.test(new URL(src).pathname),
  )
}

// This must not run later, because `currentScript` is set only while the script is executed.
const { src } = findScript() ?? {}
if (src) BuddyChat.defaultServer = scriptServer(src, version)

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
