// Builds the bundle for script tags: one classic script without exports. It also works with
// type="module".
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'

export default {
  input: 'dist/bundle.js',
  output: { file: 'dist/bundle/buddy-chat.js', format: 'iife', generatedCode: 'es2015' },
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['production', 'browser'] }),
    terser({ ecma: 2020, format: { comments: false } }),
  ],
}
