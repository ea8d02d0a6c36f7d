// npm run build:cdn: builds, and writes to dist/cdn/<version>/ what a static server or a CDN needs to serve the
// script, with its integrity. Prints the tag for a page.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { filesIn, integrityOf } from './public-files.mjs'

const root = join(import.meta.dirname, '..')
const element = join(root, 'packages/buddy-element')
const guard = join(root, 'packages/buddy-guard')
const script = 'buddy-chat.min.js'
const guardScript = 'guard/buddy-guard.js'

/** Where npm's CDNs serve the files of a version. */
const publicUrl = (version) => `https://cdn.jsdelivr.net/npm/@buddy-chat/element@${version}/dist/`

/** The tags for a page, as the documentation shows them. */
const tags = (version, integrity) => `<script
  src="${publicUrl(version)}${script}"
  integrity="${integrity}"
  crossorigin="anonymous"
  defer
></script>
<buddy-chat server="https://chat.example.org"></buddy-chat>
`

/** The tags for a page that also has the guard. Modules have their integrity in an import map. */
const guardTags = (version, integrity) => {
  const url = `https://cdn.jsdelivr.net/npm/@buddy-chat/guard@${version}/dist/buddy-guard.js`
  return `<script type="importmap">
  { "integrity": { "${url}": "${integrity}" } }
</script>
<buddy-chat
  server="https://chat.example.org"
  guard="${url}"
></buddy-chat>
`
}

/**
 * Writes the folder for the built version:
 * - the script, and the licences of the libraries in it
 * - `guard/`: the guard, which pages load only if they switch it on, its worker and the licences
 * - `integrity.json`: the hash of each file, for the attribute `integrity`
 * - `tags.html` and `tags-with-guard.html`: the tags for a page that loads the scripts from a CDN of npm
 *
 * @returns the folder, the version and the tags
 */
export function buildCdn() {
  const { version } = JSON.parse(readFileSync(join(element, 'package.json'), 'utf8'))
  const folder = join(root, 'dist/cdn', version)
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  for (const name of [script, 'THIRD-PARTY-NOTICES.txt']) {
    cpSync(join(element, 'dist', name), join(unfinished, name))
  }
  cpSync(join(root, 'LICENSE'), join(unfinished, 'LICENSE.txt'))
  for (const name of ['buddy-guard.js', 'buddy-guard-worker.js', 'THIRD-PARTY-NOTICES.txt']) {
    cpSync(join(guard, 'dist', name), join(unfinished, 'guard', name))
  }
  const hashes = filesIn(unfinished).map((name) => [
    name,
    integrityOf(readFileSync(join(unfinished, name))),
  ])
  const integrity = Object.fromEntries(hashes)
  const html = tags(version, integrity[script])
  writeFileSync(join(unfinished, 'integrity.json'), `${JSON.stringify(integrity, null, 2)}\n`)
  writeFileSync(join(unfinished, 'tags.html'), html)
  const withGuard = guardTags(version, integrity[guardScript])
  writeFileSync(join(unfinished, 'tags-with-guard.html'), withGuard)
  rmSync(folder, { recursive: true, force: true })
  renameSync(unfinished, folder)
  return { folder, version, tags: html }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  build()
  const { folder, tags: html } = buildCdn()
  console.log(`${relative(root, folder)} is ready for a static server. For a page:\n\n${html}`)
}
