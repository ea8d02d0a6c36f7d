// Tests the element in a real Chromium against real servers. `npm test -- component` runs this.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createBuddyServer } from '@buddy-chat/server'
import { esbuildPlugin } from '@web/dev-server-esbuild'
import { defaultReporter } from '@web/test-runner'
import { chromeLauncher } from '@web/test-runner-chrome'
import { readSessions } from '../../scripts/test-summary.mjs'

const root = new URL('../..', import.meta.url).pathname

/** Returns a port at which no server listens. */
async function deadPort() {
  const probe = createServer()
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const common = {
  port: 0,
  iceServers: [],
  maxConnectionsPerAddress: 1000,
  maxSessionsPerAddress: 1000,
}
const relay = { urls: ['turn:127.0.0.1:9'], username: 'u', credential: 'c' }
const [open, relayed, choosy, full] = await Promise.all(
  [
    { ...common, rematchDelayMs: 0 },
    { ...common, rematchDelayMs: 0, iceServers: [relay] },
    { ...common, allowedOrigins: ['https://elsewhere.example'] },
    { ...common, maxUsers: 1 },
  ].map((options) => createBuddyServer(options).listen()),
)
const servers = {
  open: open.url,
  relayed: relayed.url,
  choosy: choosy.url,
  full: full.url,
  dead: `http://localhost:${await deadPort()}`,
}

/** Writes the results to the file `BUDDY_TEST_REPORT`, which the test script reads. */
const fileReporter = {
  stop({ sessions }) {
    const file = process.env.BUDDY_TEST_REPORT
    if (file) writeFileSync(file, JSON.stringify(readSessions(sessions, root)))
  },
}

export default {
  rootDir: root,
  files: [new URL('*.component-test.ts', import.meta.url).pathname],
  nodeResolve: { exportConditions: ['production', 'browser'] },
  plugins: [esbuildPlugin({ ts: true, target: 'es2022' })],
  // Fake cameras and software encoders need much CPU time, so more files at once would overload a small machine.
  concurrency: 2,
  browserStartTimeout: 60_000,
  testsFinishTimeout: 120_000,
  testFramework: { config: { ui: 'tdd', timeout: 15_000 } },
  testRunnerHtml: (file) => `<!doctype html>
    <html lang="en">
      <head><title>Buddy, tested</title></head>
      <body>
        <script>window.servers = ${JSON.stringify(servers)}</script>
        <script src="/node_modules/axe-core/axe.min.js"></script>
        <script type="module" src="${file}"></script>
      </body>
    </html>`,
  browsers: [
    chromeLauncher({
      // A context of its own has its own storage. Without the emulation, only one of the pages would have the focus.
      createPage: async ({ browser }) => {
        const page = await (await browser.createBrowserContext()).newPage()
        await page.emulateFocusedPage(true)
        return page
      },
      launchOptions: {
        executablePath: process.env.BUDDY_CHROMIUM,
        args: [
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          '--use-fake-device-for-media-stream=device-count=3,fps=10',
          '--use-fake-ui-for-media-stream',
          '--autoplay-policy=no-user-gesture-required',
          '--disable-features=WebRtcHideLocalIpsWithMdns',
        ],
      },
    }),
  ],
  // In one test a listener throws on purpose. The browser logs its error, which is left out here.
  filterBrowserLogs: ({ args }) =>
    !args.some((arg) => String(arg).includes('a listener of the page')),
  reporters: [defaultReporter({ reportTestProgress: false }), fileReporter],
}
