// The Vite plugin of the development loop.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { normalizePath } from 'vite'
import { sourcesByName } from './sources.mjs'

const packages = normalizePath(join(import.meta.dirname, '../../packages'))
const element = `${packages}/buddy-element/src`
const guard = `${packages}/buddy-guard`

/**
 * The script at `/buddy-chat.js` during development. Like the built one, it registers the element and makes the
 * server that delivered it the default server. It loads the modules of the sources, which Vite reloads.
 */
const script = `
const server = new URL('.', document.currentScript?.src ?? location.href)
const load = (file) => import(new URL('@fs/${element.replace(/^\//, '')}/' + file, server).href)
const { BuddyChat } = await load('element.ts')
BuddyChat.defaultServer = server.href
await load('define.ts')
`

/** The module at `/buddy-guard.js` during development: the sources of the guard. */
const guardModule = `export * from '/@fs/${guard.replace(/^\//, '')}/src/index.ts'\n`

/** The bundle of the guard's worker, which is made when the first page requests it. */
let guardWorker

async function bundleGuardWorker() {
  const { bundleWorker } = await import(pathToFileURL(`${guard}/bundle-worker.mjs`).href)
  const { outputFiles } = await bundleWorker()
  return outputFiles[0].contents
}

/** Returns the script that a page requests at this path; undefined if it is none of these. */
function scriptAt(path) {
  if (path === '/buddy-chat.js') return `(async () => {${script}})()`
  if (path === '/buddy-guard.js') return guardModule
  // The sources of the guard request it beside themselves.
  if (!path.endsWith('/buddy-guard-worker.js')) return undefined
  return (guardWorker ??= bundleGuardWorker())
}

/** Makes Vite resolve the published names of the packages to their sources. */
export function sourcePackages() {
  const alias = [...sourcesByName()].map(([name, file]) => ({
    find: new RegExp(`^${name.replaceAll(/[/.]/g, '\\$&')}$`),
    replacement: normalizePath(file),
  }))
  return {
    name: 'buddy-sources',
    config: () => ({
      resolve: { alias },
      // Vite prepares the dependencies of these files when it starts. It would not find those of the element, which
      // the script above loads, and would reload the page when it meets them.
      optimizeDeps: { entries: ['**/*.html', `${element}/define.ts`] },
    }),
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const found = scriptAt(new URL(request.url ?? '', 'http://localhost').pathname)
        if (found === undefined) return next()
        Promise.resolve(found).then((body) => {
          response
            .writeHead(200, {
              'Content-Type': 'text/javascript; charset=utf-8',
              'Access-Control-Allow-Origin': '*',
            })
            .end(body)
        }, next)
      })
    },
  }
}
