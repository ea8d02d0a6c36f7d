// npm start: builds what has changed, then serves the demo page from this very process, so that
// Ctrl-C has one thing to end.
import { build } from './build.mjs'

try {
  build()
} catch (error) {
  console.error(error.message, error.cause ?? '')
  process.exit(1)
}

// A person reads this terminal: requests and refusals stay out unless asked for.
process.env.LOG_LEVEL ??= 'warn'
const { run } = await import('../packages/buddy-server/dist/run.js')

await run(({ url }) => {
  console.log(`
Buddy is running at  ${url}

  Open it, press Start, allow camera and microphone.
  Open it once more, in another tab or browser: the two of you meet.
  Then try N for Next, M to mute, V to hide the camera, Esc to leave.

  ${url}/status shows who is here.  Ctrl-C ends it.
`)
})
