// What a container of the image must do.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { decode, encode, subprotocol } from '../../packages/buddy-protocol/dist/index.js'
import { WebSocket } from 'ws'
import { processOne, run, start } from './container.mjs'

const settings = {
  SECRET_KEY: '3fd2c07b9a1e48d65b0c4f7ae8619523',
  ALLOWED_ORIGINS: 'self',
  ICE_SERVERS: '',
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** Resolves with the next message of a type. */
async function receive(socket, type) {
  for (;;) {
    const [data] = await once(socket, 'message')
    const message = decode(new Uint8Array(data))
    if (message?.type === type) return message
  }
}

/**
 * Starts the image as an engine does with `--read-only --cap-drop ALL`, without any writable folder, and checks
 * health, pages, a WebSocket and the end.
 * @throws AssertionError
 */
export async function checkServer(root, { entrypoint, healthcheck, user, variables, stopSignal }) {
  const port = await freePort()
  const options = {
    root,
    isReadOnly: true,
    user,
    capabilities: [],
    env: { ...variables, ...settings, PORT: String(port) },
  }
  const before = await run(healthcheck, options)
  assert.equal(before.code, 1, before.output)
  assert.match(before.output, /does not answer/)

  const child = start(entrypoint, options)
  let output = ''
  const listening = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += String(chunk)
        if (output.includes('"msg":"listening"')) resolve()
      })
    }
    child.on('close', (code) => reject(new Error(`the server ended with ${code}: ${output}`)))
  })
  const exited = once(child, 'close')
  try {
    await listening
    const one = processOne(child)
    const status = readFileSync(`/proc/${one}/status`, 'utf8')
    const [uid] = user.split(':')
    assert.match(status, new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'))
    assert.match(status, /^Cap(Eff|Bnd):\s+0+$/m)
    assert.match(status, /^NSpid:\s+\d+\s+1$/m)

    const healthy = await run(healthcheck, options)
    assert.equal(healthy.code, 0, healthy.output)
    const url = `http://127.0.0.1:${port}`
    const page = await fetch(url, { headers: { Accept: 'text/html' } })
    assert.match(await page.text(), /<buddy-chat/)
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, [subprotocol])
    await once(socket, 'open')
    const welcome = receive(socket, 'welcome')
    socket.send(hello())
    await welcome

    const goingAway = receive(socket, 'going-away')
    process.kill(one, stopSignal)
    await goingAway
    assert.deepEqual(await exited, [0, null], output)
  } finally {
    child.kill('SIGKILL')
  }
}

const hello = () =>
  encode({ type: 'hello', name: 'Ana', site: '', client: 'image', token: null, resume: null })
