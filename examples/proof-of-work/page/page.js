const chat = document.querySelector('buddy-chat')
const { server } = document.body.dataset
await import(`${server}/buddy-chat.js`)
chat.server = server

/** Requests a challenge and solves it. The client calls this before each `hello` of a new session. */
chat.proof = async () => {
  const answer = await fetch('/challenge')
  const challenge = await answer.json()
  const worker = new Worker('/worker.js', { type: 'module' })
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }) => resolve(data))
      worker.addEventListener('error', reject)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      worker.postMessage(challenge)
    })
  } finally {
    worker.terminate()
  }
}

// A proof is refused if it comes too late, for example after the computer has slept. Another start solves a new
// challenge. After a second refusal the visitor decides: the element shows the reason and a button.
let hasRetried = false
chat.addEventListener('buddy-error', ({ detail: { error } }) => {
  if (error.code !== 'proof-required' || hasRetried) return
  hasRetried = true
  chat.start().catch(() => undefined)
})
