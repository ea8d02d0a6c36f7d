// Builds the two files for script tags: one for Buddy servers, which use themselves as the default server, and one
// for CDNs. Each is a classic script without exports, and also works with type="module".
import { readFileSync } from 'node:fs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import terser from '@rollup/plugin-terser'
import license from 'rollup-plugin-license'

const { version, homepage } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
)

const isForeign = ({ name }) => !name.startsWith('@buddy-chat/')

/** The licences of the libraries in a script, which have to be passed on with it. */
const notices = 'THIRD-PARTY-NOTICES.txt'

const scriptFile = (input, folder, name) => ({
  input,
  output: { file: `${folder}/${name}`, format: 'iife', generatedCode: 'es2015' },
  plugins: [
    nodeResolve({ browser: true, exportConditions: ['production', 'browser'] }),
    terser({ ecma: 2020, format: { comments: false } }),
    license({
      banner: {
        commentStyle: 'ignored',
        content: [
          `Buddy ${version}, ISC, ${homepage}`,
          '<% dependencies.filter(data.isForeign).forEach(({ name, version, license }) => { %>' +
            `with <%= name %> <%= version %>, <%= license %>; see ${notices}`,
          '<% }) %>',
        ].join('\n'),
        data: { isForeign },
      },
      thirdParty: {
        output: {
          file: `${folder}/${notices}`,
          template: (found) =>
            found
              .filter(isForeign)
              .map((library) => library.text())
              .join('\n\n---\n\n'),
        },
      },
    }),
  ],
})

export default [
  scriptFile('dist/bundle.js', 'dist/bundle', 'buddy-chat.js'),
  scriptFile('dist/cdn.js', 'dist', 'buddy-chat.min.js'),
]
