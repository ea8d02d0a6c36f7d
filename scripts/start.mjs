// npm start: builds what has changed, then serves the demo page from this very process, so that
// Ctrl-C has one thing to end.
import { build } from './build.mjs'

try {
  build()
} catch (error) {
  console.error(error.message, error.cause ?? '')
  process.exit(1)
}

const { run } = await import('../packages/buddy-server/dist/run.js')

// A person tries it: this machine only, any page, a key for the moment; requests and refusals stay
// out of this terminal unless asked for.
const environment = { BUDDY_DEV: 'true', LOG_LEVEL: 'warn', ...process.env }
await run({ environment }, ({ url }) => {
  console.log(`
Buddy is running at  ${url}

  Open it, press Start, allow camera and microphone.
  Open it once more, in another tab or browser: the two of you meet.
  Then try N for Next, M to mute, V to hide the camera, S to stop.

  ${url}/status shows who is here.  Ctrl-C ends it.
`)
})
