// Builds the two scripts for pages without a bundler: the guard as one module, and its worker with
// TensorFlow, nsfwjs and the model. Writes the licences of their libraries beside them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle, bundleWorker } from './bundle-worker.mjs'

const here = import.meta.dirname
const { version, homepage } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const notices = 'THIRD-PARTY-NOTICES.txt'

/** The packages that bundled files belong to, without those of Buddy: their folders, in alphabetical order. */
function librariesIn({ inputs }) {
  const folders = Object.keys(inputs)
    // Packages for Node. The build replaces them by an empty module.
    .filter((file) => !file.startsWith('(disabled):'))
    .map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0])
    .filter((folder) => folder !== undefined && !folder.includes('node_modules/@buddy-chat/'))
  return [...new Set(folders)]
    .map((folder) => {
      const path = join(process.cwd(), folder)
      return { folder: path, ...JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The licence of a library; from licences/ if its package has no file with it. */
function licenceOf({ folder, name, license }) {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (file) return readFileSync(join(folder, file), 'utf8').trim()
  const kept = join(here, 'licences', `${name.replace(/^@([^/]+)\/.*/, '$1')}.txt`)
  if (existsSync(kept)) return readFileSync(kept, 'utf8').trim()
  throw new Error(`${name} (${license}) has no file with its licence: add ${kept}`)
}

const guard = await bundle({
  entryPoints: [join(here, 'dist/index.js')],
  format: 'esm',
  outfile: join(here, 'dist/buddy-guard.js'),
})
const worker = await bundleWorker()
const libraries = librariesIn(worker.metafile)
const ownLibraries = librariesIn(guard.metafile)
if (ownLibraries.length > 0) throw new Error('buddy-guard.js must contain code of Buddy only')

const about = `Buddy ${version}, ISC, ${homepage}`
writeFileSync(join(here, 'dist/buddy-guard.js'), `/* ${about} */\n${guard.outputFiles[0].text}`)
const names = libraries.map(({ name, version: number }) => `${name} ${number}`)
writeFileSync(
  join(here, 'dist/buddy-guard-worker.js'),
  `/* ${about}\nContains libraries; see ${notices}: ${names.join(', ')} */\n${worker.outputFiles[0].text}`,
)
const sections = libraries.map((library) =>
  [`${library.name} ${library.version} (${library.license})`, '', licenceOf(library)].join('\n'),
)
writeFileSync(join(here, 'dist', notices), `${sections.join('\n\n---\n\n')}\n`)
