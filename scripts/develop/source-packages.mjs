// The Vite plugin of the development loop.
import { join } from 'node:path'
import { normalizePath } from 'vite'
import { sourcesByName } from './sources.mjs'

const element = normalizePath(join(import.meta.dirname, '../../packages/buddy-element/src'))

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
        if (new URL(request.url ?? '', 'http://localhost').pathname !== '/buddy-chat.js')
          return next()
        response
          .writeHead(200, {
            'Content-Type': 'text/javascript; charset=utf-8',
            'Access-Control-Allow-Origin': '*',
          })
          .end(`(async () => {${script}})()`)
      })
    },
  }
}
