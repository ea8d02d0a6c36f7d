import { readOwnFile } from './own-files.ts'

/** @throws Error if the package is incomplete */
function readVersion(): string {
  const file = readOwnFile('package.json')
  if (!file) throw new Error('the package.json of @buddy-chat/server is missing')
  return (JSON.parse(new TextDecoder().decode(file)) as { version: string }).version
}

/** The version of this package. */
export const version: string = readVersion()
