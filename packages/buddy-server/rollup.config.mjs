// Puts msgpackr into the built codec.ts, because its optional native dependency makes some versions of pnpm
// refuse the installation of every package that depends on it.
import { readFileSync } from 'node:fs'
import { nodeResolve } from '@rollup/plugin-node-resolve'

export default {
  input: 'dist/codec.js',
  output: {
    file: 'dist/codec.js',
    // The licence requires that the notice is kept.
    banner: `/*! msgpackr\n${readFileSync('node_modules/msgpackr/LICENSE', 'utf8')}*/`,
  },
  external: ['@buddy-chat/protocol'],
  plugins: [nodeResolve()],
}
