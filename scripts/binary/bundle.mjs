// Bundles the one-file server: its entry point, and the server with all its dependencies.
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '../..')
const folder = 'packages/buddy-server/src/binary'

/** Options of both bundles. Names stay, and lines are short, so that stack traces can be read. */
const options = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minifyWhitespace: true,
  lineLimit: 120,
  // The notices are an asset of their own.
  legalComments: 'none',
  logLevel: 'warning',
}

/** @throws Error if a warning or error was reported, because a warning means that the bundle may not work */
async function bundle(entry, more) {
  const { warnings, outputFiles, metafile } = await build({
    ...options,
    entryPoints: [`${folder}/${entry}`],
    ...more,
  })
  if (warnings.length > 0) throw new Error('The bundle of the server has warnings.')
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) }
}

/** Returns the script that an executable runs first. */
export async function bundleStart() {
  return (await bundle('start.ts')).text
}

/**
 * Returns the text of the server, which is a function as `main.ts` describes it, and the paths of all files in
 * it.
 */
export async function bundleServer() {
  return await bundle('main.ts', {
    banner: { js: '(function (require, bundleUrl) { const module = { exports: {} };' },
    footer: { js: 'return module.exports })' },
    define: {
      'import.meta.url': 'bundleUrl',
      // The bundle contains no native addon of msgpackr.
      'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    },
  })
}
