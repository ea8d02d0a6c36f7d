// npm start: builds if necessary, then runs the server in this process, so that Ctrl-C ends it directly.
import { existsSync } from 'node:fs'
import { build } from './build.mjs'

try {
  build()
} catch (error) {
  console.error(error.message, error.cause ?? '')
  const cli = 'packages/buddy-server/dist/cli.js'
  const previous = existsSync(cli)
    ? ` The server of the last successful build is unchanged; to start it: node ${cli} --dev`
    : ''
  console.error(`\nThe build failed, so no server was started.${previous}`)
  process.exit(1)
}

const { run } = await import('../packages/buddy-server/dist/run.js')

// Defaults for trying Buddy: BUDDY_DEV listens on this machine only, allows every origin and creates a
// temporary secret. The log level hides requests and refusals.
const environment = { BUDDY_DEV: 'true', LOG_LEVEL: 'warn', ...process.env }
await run({ environment }, ({ url }) => {
  console.log(`
Buddy is running at  ${url}

  Open this page, press Start, and allow camera and microphone.
  Open it again in another tab or browser, and press Start: the two tabs are matched.
  Then try the keys N (Next), M (mute), V (hide the camera) and S (stop).

  ${url}/status shows the number of users.  Ctrl-C stops the server.
`)
})
