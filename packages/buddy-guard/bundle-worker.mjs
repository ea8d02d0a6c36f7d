// Bundles the worker of the guard with TensorFlow, nsfwjs and the model: for a build, and for the development loop.
import { join } from 'node:path'
import { build } from 'esbuild'

const here = import.meta.dirname

/** Bundles a script, without writing it. */
export const bundle = (options) =>
  build({
    bundle: true,
    minify: true,
    target: 'es2022',
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
    ...options,
  })

/**
 * Bundles the worker. It is a classic script, because a worker of another origin can load only classic scripts.
 * @returns the result of esbuild, with one output file and the metafile
 */
export const bundleWorker = () =>
  bundle({
    entryPoints: [join(here, 'worker/worker.ts')],
    format: 'iife',
    outfile: join(here, 'dist/buddy-guard-worker.js'),
    alias: { '@tensorflow/tfjs': join(here, 'worker/tfjs.ts') },
    loader: { '.wasm': 'binary' },
  })
