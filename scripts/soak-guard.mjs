// npm run soak:guard -- --minutes N [--interval MS] [--seed S]: the guard checks pictures in Chromium for N minutes;
// fails if memory grows.
import { ensureBrowsers, missingBrowsersMessage } from './browsers.mjs'
import { runTypeScript } from './run-typescript.mjs'

const browsers = ensureBrowsers()
if (browsers.chromium) {
  process.env.BUDDY_CHROMIUM = browsers.chromium
  runTypeScript('tests/soak/guard-soak.ts')
} else {
  console.error(missingBrowsersMessage(browsers))
  process.exitCode = 1
}
