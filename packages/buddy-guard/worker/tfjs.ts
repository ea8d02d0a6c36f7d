// The functions of `@tensorflow/tfjs` that nsfwjs uses. The build replaces that package by this file, because
// the package contains much more: other backends, data sets, and tools for Node.
import '@tensorflow/tfjs-core/dist/public/chained_ops/div.js'
import '@tensorflow/tfjs-core/dist/public/chained_ops/reshape.js'
import '@tensorflow/tfjs-core/dist/public/chained_ops/to_float.js'

export { browser, image, scalar, Tensor, tidy, zeros } from '@tensorflow/tfjs-core'
export { loadLayersModel, model } from '@tensorflow/tfjs-layers'

/** nsfwjs calls it for its other models only. */
export function loadGraphModel(): never {
  throw new Error('the guard contains no graph model')
}
