// Puts msgpackr into the built codec.js, because its optional native dependency makes some versions of pnpm refuse the
// installation of every package that depends on it; and the Redis client into open-redis.js, because its package is 12 MB
// large, of which one process uses a small part, and only if it shares its users with other servers.
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import license from 'rollup-plugin-license'

const licences = join(import.meta.dirname, 'licences')

/** The licence of a library; from licences/ if its package has no file with it. */
function noticeOf({ name, version, license: licence, licenseText }) {
  const kept = () =>
    readFileSync(join(licences, `${name.replace(/^@([^/]+)\/.*/, '$1')}.txt`), 'utf8')
  return [`${name} ${version} (${licence})`, (licenseText ?? kept()).trim()].join('\n\n')
}

const licensed = (names, folder) =>
  license({
    banner: { commentStyle: 'ignored', content: `With ${names}; see THIRD-PARTY-NOTICES.txt` },
    thirdParty: {
      output: {
        file: `${folder}/THIRD-PARTY-NOTICES.txt`,
        template: (libraries) => libraries.map(noticeOf).join('\n\n---\n\n'),
      },
    },
  })

/** Nothing of Buddy uses `digest`, the only function of the client that needs this library. */
const withoutHashLibrary = {
  name: 'without-hash-library',
  transform: (code) =>
    code.includes("import('@node-rs/xxhash')")
      ? code.replace(
          "import('@node-rs/xxhash')",
          "Promise.reject(new Error('not part of this file'))",
        )
      : undefined,
}

export default [
  {
    input: 'dist/codec.js',
    output: { file: 'dist/codec.js' },
    external: ['@buddy-chat/protocol'],
    plugins: [nodeResolve(), licensed('msgpackr', 'dist')],
  },
  {
    input: 'dist/engine/redis/open-redis.js',
    output: {
      file: 'dist/engine/redis/open-redis.js',
      paths: (id) => (builtinModules.includes(id) ? `node:${id}` : id),
    },
    plugins: [
      nodeResolve(),
      withoutHashLibrary,
      json(),
      // Without this library, which is optional, the client makes no traces.
      commonjs({ ignore: ['@opentelemetry/api'] }),
      licensed('@redis/client', 'dist/engine/redis'),
    ],
  },
]
