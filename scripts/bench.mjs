// npm run bench: measurements side by side; never part of the tests. `npm run bench:first-frame` is
// the one with browsers.
import { build } from './build.mjs'

build()
const [name = 'relay'] = process.argv.slice(2)
await import(`../bench/${name}.mjs`)
