// npm run test:install: the tests of tests/install with all package managers, compilers and frameworks.
// npm test runs a few of these combinations.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ensureBrowsers, missingBrowsersMessage } from './browsers.mjs'

build()
const { chromium = '', firefox = '', ...rest } = ensureBrowsers()
const message = missingBrowsersMessage({ chromium, firefox, ...rest })
if (message) console.log(message)
const { status } = spawnSync('vitest', ['run', '--project=install', ...process.argv.slice(2)], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: {
    ...process.env,
    BUDDY_CHROMIUM: chromium,
    BUDDY_FIREFOX: firefox,
    BUDDY_INSTALL_TESTS: 'full',
  },
})
process.exitCode = status ?? 1
