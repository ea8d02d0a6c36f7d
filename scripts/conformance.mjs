// npm run conformance -- [OPTIONS]: runs the conformance suite against a server with the default time limits, so
// that the cases that wait for a limit wait as long as users do. Takes the options of
// `buddy-conformance`, without its URL.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { build } from './build.mjs'

const root = join(import.meta.dirname, '..')
const secretKey = randomBytes(32).toString('hex')
// A server that has chosen its port itself could not be restarted at once with the same port.
const port = await freePort()
let server

/** Returns a TCP port on which nothing listens. */
async function freePort() {
  const probe = createNetServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** Starts the server. Resolves when it listens. */
async function start() {
  server = spawn(process.execPath, [join(root, 'packages/buddy-server/dist/cli.js')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      SECRET_KEY: secretKey,
      ALLOWED_ORIGINS: 'https://good.example',
      LOG_LEVEL: 'warn',
      // The default allows five connections per second, so the suite would take minutes.
      MAX_CONNECTS_PER_IP_PER_MINUTE: '100000',
    },
  })
  const ended = once(server, 'exit').then(() => Promise.reject(new Error('the server has ended')))
  await Promise.race([once(server, 'message'), ended])
  ended.catch(() => undefined)
}

/** Kills the server as a crash does, and starts it again. */
async function restart() {
  server.kill('SIGKILL')
  await once(server, 'exit')
  await start()
}

build()
await start()
// The suite restarts the server by a shell command, which sends a request to this process.
const control = createServer((_request, response) => {
  restart().then(
    () => response.end(),
    () => response.destroy(),
  )
}).listen(0, '127.0.0.1')
await once(control, 'listening')
const restartCommand = `"${process.execPath}" -e "fetch('http://127.0.0.1:${control.address().port}')"`

const suite = spawn(
  process.execPath,
  [
    join(root, 'packages/buddy-conformance/dist/cli.js'),
    `ws://localhost:${port}/ws`,
    '--refused-origin=https://bad.example',
    `--restart=${restartCommand}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => suite.kill(signal))
const [code] = await once(suite, 'exit')
server.kill('SIGKILL')
process.exit(code ?? 1)
