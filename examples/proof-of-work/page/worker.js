// Solves a challenge outside the page's thread, so that the page does not freeze.
import { solve } from './solve.js'

addEventListener('message', async ({ data: { challenge, bits } }) => {
  postMessage(await solve(challenge, bits))
})
