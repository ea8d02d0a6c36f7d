import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, mergeConfig } from 'vite'
import { sourcePackages } from './source-packages.mjs'

const repository = join(import.meta.dirname, '../..')

/**
 * Serves an app from its sources. The packages of Buddy that it imports are served from their sources too.
 * @param root the folder of the app, which contains its `vite.config.ts`
 * @param flag the flag that sets the port
 * @param settings more settings for Vite
 * @returns the Vite server, and its URL
 * @throws Error if the port is taken
 */
export async function startVite(root, port, flag, settings = {}) {
  const vite = await createServer(
    mergeConfig(
      {
        root,
        plugins: [sourcePackages()],
        server: {
          port,
          strictPort: true,
          // The dependencies may be behind a symbolic link.
          fs: { allow: [repository, realpathSync(join(repository, 'node_modules'))] },
          watch: { ignored: ['**/dist/**'] },
        },
        clearScreen: false,
        logLevel: 'warn',
      },
      settings,
    ),
  )
  try {
    await vite.listen()
  } catch (error) {
    await vite.close()
    if (error.message !== `Port ${port} is already in use`) throw error
    throw new Error(`Port ${port} is taken. Set another one with ${flag}.`, { cause: error })
  }
  return { vite, url: `http://localhost:${vite.httpServer.address().port}` }
}
