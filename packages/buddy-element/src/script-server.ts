/**
 * Returns the URL of the server that serves the script at `src`. A server serves it as `/buddy-chat.js` and as
 * `/v/<version>/buddy-chat.js`, possibly below a path.
 */
export function scriptServer(src: string, version: string): string {
  const folder = new URL('.', src).href
  const versionFolder = `v/${version}/`
  return folder.endsWith(`/${versionFolder}`) ? folder.slice(0, -versionFolder.length) : folder
}
