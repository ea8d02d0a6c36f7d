// node scripts/release/publish-all.mjs publishes what `npm run release -- --prepare` has made. It needs no installed
// dependencies, so that none of them runs where the token of the registry is.
import { pathToFileURL } from 'node:url'
import { packedPackages } from './packed-packages.mjs'
import { publish } from './publish.mjs'

/**
 * Publishes the packed packages that the registry does not have, and prints a line for each.
 * @throws Error if npm fails
 */
export function publishAll({ isDry }) {
  for (const item of packedPackages()) {
    const outcome = publish(item, { isDry })
    const size = `${(item.bytes / 1e6).toFixed(2)} MB`
    console.log(`${item.name}@${item.version}`.padEnd(42), size.padStart(9), ' ', outcome)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) publishAll({ isDry: false })
