// npm run dev: serves the demo page, the dashboard and an example app by Vite, and runs a server that restarts when
// its code changes. All of them run from the sources; nothing is built.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { watch } from 'chokidar'
import { readOptions } from './develop/options.mjs'
import { ServerProcess } from './develop/server-process.mjs'
import { TypeCheck } from './develop/type-check.mjs'
import { startVite } from './develop/vite-server.mjs'

const root = join(import.meta.dirname, '..')
/** The folders of the server's code. */
const serverSources = ['packages/buddy-protocol/src', 'packages/buddy-server/src']
/** The folders whose types are checked. */
const typedSources = ['packages/buddy-server/pages']
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = `packages/${name}/src`
  if (existsSync(join(root, folder))) typedSources.push(folder)
}
/** The paths that the server answers, as a regular expression. Vite answers all others. */
const serverPaths = String.raw`^/(ws|healthz|readyz|status|metrics|dashboard/data|moderation/(reports|bans|decisions|still|audit|audit/verdict|decide|lift))($|\?)`
/** Editors and version control change several files at once. Changes within this time cause one restart. */
const settleMs = 50

const typeCheck = new TypeCheck()
const vites = []
let server
let watcher

async function stop(code) {
  typeCheck.stop()
  await Promise.all([server?.stop(), watcher?.close(), ...vites.map((vite) => vite.close())])
  process.exit(code)
}

/** Serves the pages, and passes what they request from the server on to it. Calls the server through `proxy`. */
async function start({ port, exampleFolder, examplePort }) {
  const adminToken = process.env.ADMIN_TOKEN || randomBytes(24).toString('base64url')
  let proxy
  const pages = await startVite(join(root, 'packages/buddy-server/pages'), port, '--port', {
    server: {
      proxy: {
        [serverPaths]: {
          target: 'http://localhost',
          ws: true,
          // Without a login, because the token is different at each start.
          headers: { Authorization: `Bearer ${adminToken}` },
          configure: (created) => {
            proxy = created
          },
        },
      },
    },
  })
  vites.push(pages.vite)

  server = new ServerProcess(
    {
      LOG_LEVEL: 'warn',
      ...process.env,
      // Trial mode listens on this machine only and accepts every origin.
      BUDDY_DEV: 'true',
      PORT: '0',
      // The key stays the same, so that a process accepts the sessions of the one before.
      SECRET_KEY: process.env.SECRET_KEY || randomBytes(24).toString('base64url'),
      ADMIN_TOKEN: adminToken,
    },
    (url) => {
      proxy.options.target = url
    },
  )
  await server.restart()

  // The examples read the URL of their server from this variable.
  process.env.VITE_BUDDY_SERVER = pages.url
  const example = exampleFolder && (await startVite(exampleFolder, examplePort, '--example-port'))
  if (example) vites.push(example.vite)

  await watchSources()
  typeCheck.run()
  const urls = { url: pages.url, exampleUrl: example?.url }
  console.log(`
Buddy runs from its sources.

  ${pages.url}            the demo page: open it in two tabs, and press Start in both
  ${pages.url}/dashboard  the dashboard${
    example
      ? `\n  ${example.url}            ${relative(root, exampleFolder)}, a page of another origin`
      : ''
  }

  A change of a page, of the element or of the client reloads the pages. A change of the server restarts it;
  calls continue. Ctrl-C ends everything.
`)
  // A parent process with an IPC channel receives the URLs.
  process.send?.(urls)
}

/**
 * Restarts the server after a change of its code, and checks the types after each change. Resolves when no change is
 * missed any more.
 */
async function watchSources() {
  const isServer = (file) => serverSources.some((path) => file.startsWith(join(root, path)))
  let changed = []
  let timer
  watcher = watch(
    typedSources.map((path) => join(root, path)),
    { ignoreInitial: true },
  )
  watcher.on('all', (event, file) => {
    if (!/(?<!\.test|\.fixture)\.ts$/.test(file)) return
    changed.push(file)
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (changed.some(isServer)) void restart()
      changed = []
      typeCheck.run()
    }, settleMs)
  })
  await once(watcher, 'ready')
}

async function restart() {
  const startedAtMs = performance.now()
  const isListening = await server.restart()
  const took = `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`
  console.log(
    isListening
      ? `The server has restarted (${took}).`
      : 'The server did not restart; the old one stays.',
  )
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void stop(0))
try {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options) await start(options)
} catch (error) {
  console.error(error.message)
  await stop(1)
}
