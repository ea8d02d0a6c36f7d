// Puts msgpackr into the built codec.ts, because its optional native dependency makes some versions of pnpm
// refuse the installation of every package that depends on it.
import { nodeResolve } from '@rollup/plugin-node-resolve'
import license from 'rollup-plugin-license'

export default {
  input: 'dist/codec.js',
  output: { file: 'dist/codec.js' },
  external: ['@buddy-chat/protocol'],
  plugins: [
    nodeResolve(),
    license({
      banner: { commentStyle: 'ignored', content: 'With msgpackr; see THIRD-PARTY-NOTICES.txt' },
      thirdParty: { output: 'dist/THIRD-PARTY-NOTICES.txt' },
    }),
  ],
}
