// Preloaded into the server of the development loop by `node --import`. It resolves the packages' names to their
// sources, whose types Node strips.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { sourcesByName } from './sources.mjs'

const sources = sourcesByName()
registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sources.get(specifier)
    return nextResolve(source ? pathToFileURL(source).href : specifier, context)
  },
})

// The IPC channel closes when the parent process ends, however it ends. Without this, the server would continue.
process.on('disconnect', () => process.exit())
