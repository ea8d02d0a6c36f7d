// Bundles the dashboard's script into the files that the server serves.
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'

export default {
  input: 'dashboard/dist/dashboard.js',
  output: { file: 'dist/public/dashboard/dashboard.js', format: 'iife', generatedCode: 'es2015' },
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['production', 'browser'] }),
    // uPlot's licence requires that its notice stays.
    terser({ ecma: 2020, format: { comments: /Copyright/ } }),
  ],
}
