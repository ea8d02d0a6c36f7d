// TensorFlow's backend in WebAssembly, whose binary is part of the script of the worker.
import { enableProdMode, env, setBackend } from '@tensorflow/tfjs-core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import binary from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'

const simdBinary = 'tfjs-backend-wasm-simd.wasm'

/**
 * Starts the backend.
 * @throws Error (as a rejection) if the browser lacks WebAssembly with SIMD, or the content security policy
 * forbids it
 */
export async function startBackend(): Promise<void> {
  enableProdMode()
  // Threads need shared memory, which few pages have, and would compete with the video for cores.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  // All requests of TensorFlow go through this function, so it makes none.
  env().platform.fetch = (path) =>
    path.endsWith(simdBinary)
      ? Promise.resolve(new Response(binary, { headers: { 'Content-Type': 'application/wasm' } }))
      : Promise.reject(new Error(`the guard makes no requests: ${path}`))
  if (!(await env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new Error(
      'the browser lacks WebAssembly with SIMD, or the content security policy lacks wasm-unsafe-eval',
    )
  }
  setWasmPaths('', true)
  if (!(await setBackend('wasm'))) throw new Error('WebAssembly could not be started')
}
