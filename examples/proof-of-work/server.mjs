// A Buddy server that admits only clients with a proof of work, and the page that computes it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createBuddyServer } from '@buddy-chat/server'
import { createChallenges } from './challenges.mjs'

const { PORT = '3000', PAGE_PORT = '8080', BITS = '16' } = process.env
const challenges = createChallenges(Number(BITS))

const buddy = createBuddyServer(
  { port: Number(PORT), host: '127.0.0.1' },
  {
    log: console,
    hooks: {
      // To use a captcha service, pass the token from its script as `proof`, send it here to the service with
      // your secret, and wait for the answer. If it does not answer within 8 s, the client is refused.
      onConnect: ({ proof, isNewVisitor, isRestored }) => {
        // Returning visitors need no proof here. Sessions from before a restart cannot send one.
        if (!isNewVisitor || isRestored) return true
        return challenges.accepts(proof) || 'proof-required'
      },
    },
  },
)
const { url } = await buddy.listen()
console.log(`Buddy is at ${url}`)

const read = (name) => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8')
const files = {
  '/': ['text/html', read('index.html').replace('SERVER', url)],
  ...Object.fromEntries(
    ['page.js', 'worker.js', 'solve.js'].map((name) => [
      `/${name}`,
      ['text/javascript', read(name)],
    ]),
  ),
}

const pages = createServer((request, response) => {
  if (request.url === '/challenge') {
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    response.end(JSON.stringify(challenges.issue()))
    return
  }
  const [type, body] = files[request.url] ?? []
  if (type) response.setHeader('Content-Type', type)
  else response.statusCode = 404
  response.end(body)
}).listen(Number(PAGE_PORT), '127.0.0.1', () => {
  console.log(`The page is at http://localhost:${pages.address().port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    pages.close()
    pages.closeAllConnections()
    void buddy.close()
  })
}
