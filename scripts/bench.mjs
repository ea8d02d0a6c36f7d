// npm run bench: measurements side by side; never part of the tests.
import { build } from './build.mjs'

build()
await import('../bench/relay.mjs')
