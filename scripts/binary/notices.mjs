// The licences of everything that the one-file server contains.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const read = (path) => readFileSync(join(root, path), 'utf8').trim()

/** The packages to which bundled files belong: their folders, without duplicates, in alphabetical order. */
function packageFolders(files) {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0])
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort()
}

/** @throws Error if the package has no file with its licence */
function noticeOf(folder) {
  const { name, version } = JSON.parse(read(`${folder}/package.json`))
  const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file))
  const kept = `packages/buddy-server/licences/${name.replace(/^@([^/]+)\/.*/, '$1')}.txt`
  if (files.length === 0 && existsSync(join(root, kept))) return [`${name} ${version}`, read(kept)]
  if (files.length === 0) throw new Error(`${name} ${version} has no file with its licence.`)
  return [`${name} ${version}`, ...files.sort().map((file) => read(`${folder}/${file}`))]
}

/**
 * Returns the licences as one text.
 * @param files the bundled files, relative to the workspace
 * @throws Error if a licence is missing
 */
export function notices(files) {
  const sections = [
    ['Buddy', read('LICENSE')],
    [`Node.js ${process.version}`, read('packages/platforms/node-licence.txt')],
    ['uWebSockets.js', read('packages/platforms/addon-licence.txt')],
    [
      'The script buddy-chat.js',
      read('packages/buddy-element/dist/bundle/THIRD-PARTY-NOTICES.txt'),
    ],
    ['The guard', read('packages/buddy-guard/dist/THIRD-PARTY-NOTICES.txt')],
    // Libraries that the build has put into the files of the server.
    ['The codec', read('packages/buddy-server/dist/THIRD-PARTY-NOTICES.txt')],
    ['The Redis client', read('packages/buddy-server/dist/engine/redis/THIRD-PARTY-NOTICES.txt')],
    ['The dashboard', read('packages/buddy-server/dist/public/dashboard/THIRD-PARTY-NOTICES.txt')],
    ...packageFolders(files).map((folder) => noticeOf(folder)),
  ]
  const line = '='.repeat(80)
  return sections
    .map(([title, ...texts]) => [line, title, line, '', ...texts, ''].join('\n'))
    .join('\n')
}
