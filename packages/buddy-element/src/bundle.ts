// Entry file of the script-tag bundle. Registers the element, and makes the server that delivered
// this file the default server.
import { BuddyChat } from './buddy-chat.ts'
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

/** Returns the server that serves the script at `src`: as `/buddy-chat.js` or below `/v/<version>/`. */
function serverOf(src: string): string {
  const folder = new URL('.', src).href
  const ownFolder = `/v/${version}/`
  return folder.endsWith(ownFolder) ? folder.slice(0, -ownFolder.length + 1) : folder
}

// This must not run later, because `currentScript` is set only while the script is executed.
const { src } = findScript() ?? {}
if (src) BuddyChat.defaultServer = serverOf(src)

if (!customElements.get('buddy-chat')) customElements.define('buddy-chat', BuddyChat)
