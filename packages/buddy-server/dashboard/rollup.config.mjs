// Bundles the dashboard's script into the files that the server serves.
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'

export default {
  input: 'dashboard/dist/dashboard.js',
  output: { file: 'dist/public/dashboard/dashboard.js', format: 'iife', generatedCode: 'es2015' },
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['production', 'browser'] }),
    // The licence notice of uPlot is kept, as the licence requires.
    terser({ ecma: 2020, format: { comments: /Copyright/ } }),
  ],
}
