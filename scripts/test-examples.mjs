// npm run test:examples: checks the types of the example apps, builds them, and lets two visitors meet in each.
// npm test builds them without their type checks.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ensureBrowsers, missingBrowsersMessage } from './browsers.mjs'

build()
const browsers = ensureBrowsers()
const message = missingBrowsersMessage(browsers)
if (message) console.log(message)
const { status } = spawnSync('vitest', ['run', '--project=examples', ...process.argv.slice(2)], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: {
    ...process.env,
    BUDDY_CHROMIUM: browsers.chromium ?? '',
    BUDDY_FIREFOX: browsers.firefox ?? '',
  },
})
process.exitCode = status ?? 1
