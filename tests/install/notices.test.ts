// Scripts that contain libraries are published with the licences of these libraries.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InlineConfig } from 'vite'
import { build } from 'vite'
import { expect, test } from 'vitest'
import type { UnpackedPackage } from './unpacked-packages.ts'
import { packageOf, unpackPackages } from './unpacked-packages.ts'

const root = join(import.meta.dirname, '../..')
const packages = unpackPackages()
const find = (name: string): UnpackedPackage =>
  packages.find(({ manifest }) => manifest.name === name)!
const element = find('@buddy-chat/element')
const guard = find('@buddy-chat/guard')
const server = find('@buddy-chat/server')
const sourceFolder = ({ manifest }: UnpackedPackage): string =>
  join(root, manifest.repository!.directory)

interface Library {
  readonly name: string
  readonly version: string
  readonly licence: string
}

/** The licence of a library whose package has no file with it. */
const keptLicence = (name: string): string =>
  join(root, 'packages/buddy-server/licences', `${name.replace(/^@([^/]+)\/.*/, '$1')}.txt`)

function libraryIn(folder: string): Library {
  const { name, version } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Library
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const path = file === undefined ? keptLicence(name) : join(folder, file)
  return { name, version, licence: readFileSync(path, 'utf8') }
}

/** The libraries that modules belong to. */
function librariesOf(moduleIds: readonly string[]): readonly Library[] {
  const folders = moduleIds.flatMap(
    (id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id.replaceAll('\\', '/'))?.[0] ?? [],
  )
  return [...new Set(folders)].map(libraryIn)
}

const withoutSpace = (text: string): string => text.replaceAll(/\s+/g, '')

/** Fails if a file of a package contains libraries, but does not lead to their licences. */
function expectNotices(item: UnpackedPackage, file: string, libraries: readonly Library[]): void {
  expect(item.files).toContain(file)
  if (libraries.length === 0) return
  const notices = posix.join(posix.dirname(file), 'THIRD-PARTY-NOTICES.txt')
  expect(item.files).toContain(notices)
  expect(item.read(file).slice(0, 400), file).toContain('see THIRD-PARTY-NOTICES.txt')
  const text = item.read(notices)
  for (const { name, version, licence } of libraries) {
    expect(text).toContain(name)
    expect(text, name).toContain(version)
    expect(withoutSpace(text), name).toContain(withoutSpace(licence))
  }
}

/** Returns the modules of each script that Vite would write, by its file name. */
async function bundledModules(
  config: InlineConfig,
): Promise<readonly (readonly [string, readonly string[]])[]> {
  const result = await build({
    ...config,
    logLevel: 'error',
    build: { ...config.build, write: false },
  })
  if ('close' in result) throw new Error('Vite watches instead of building once')
  return [result]
    .flat()
    .flatMap(({ output }) => output)
    .flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.moduleIds] as const] : []))
}

/** Libraries of each script of the element, by its file name. */
async function librariesOfElement(): Promise<ReadonlyMap<string, readonly Library[]>> {
  const folder = sourceFolder(element)
  const url = pathToFileURL(join(folder, 'rollup.config.mjs')).href
  const { default: scripts } = (await import(url)) as {
    default: readonly { readonly input: string; readonly output: { readonly file: string } }[]
  }
  const found = scripts.map(async ({ input, output }) => {
    // Vite finds the same libraries as rollup does, in a tenth of the time.
    const lib = { entry: join(folder, input), formats: ['iife' as const], name: 'script' }
    const modules = await bundledModules({ configFile: false, build: { lib, minify: false } })
    return [output.file, librariesOf(modules.flatMap(([, ids]) => ids))] as const
  })
  return new Map(await Promise.all(found))
}

/** Libraries of each script of the server's pages, by its file name. */
async function librariesOfPages(): Promise<ReadonlyMap<string, readonly Library[]>> {
  const modules = await bundledModules({ root: join(sourceFolder(server), 'pages') })
  return new Map(modules.map(([file, ids]) => [`dist/public/${file}`, librariesOf(ids)]))
}

/** The scripts of the guard. The first contains code of Buddy only. */
const guardScripts = ['buddy-guard.js', 'buddy-guard-worker.js']

const ofElement = await librariesOfElement()
const ofPages = await librariesOfPages()

/**
 * Source files whose imports are not installed with their package. The build bundles what they import into the
 * published file.
 */
function bundledImports(item: UnpackedPackage): readonly { file: string; library: Library }[] {
  const folder = sourceFolder(item)
  const { dependencies, peerDependencies } = item.manifest
  const installed = new Set([
    ...builtinModules,
    ...Object.keys({ ...dependencies, ...peerDependencies }),
  ])
  const sources = item.files.filter(
    (file) => existsSync(join(folder, sourceOf(file))) && file.endsWith('.js'),
  )
  return sources.flatMap((file) => {
    const source = readFileSync(join(folder, sourceOf(file)), 'utf8')
    const imports = source.matchAll(/^import (?!type\b)[^;]*?from '([^.'][^']*)'/gm)
    return [...imports]
      .map(([, specifier]) => packageOf(specifier!))
      .filter((name) => !name.startsWith('node:') && !installed.has(name))
      .map((name) => ({ file, library: libraryIn(join(folder, 'node_modules', name)) }))
  })
}

/** The source file from which TypeScript emits a file. */
const sourceOf = (file: string): string => file.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')

test('the scripts of the element are published with the licences of their libraries', () => {
  for (const [file, libraries] of ofElement) {
    expect(libraries.map(({ name }) => name)).toContain('lit-html')
    expectNotices(element, file, libraries)
  }
  // The server delivers one of them.
  const copy = 'dist/public/v/buddy-chat.js'
  expect(server.read(copy)).toBe(element.read('dist/bundle/buddy-chat.js'))
  expectNotices(server, copy, ofElement.get('dist/bundle/buddy-chat.js')!)
})

test('the pages of the server are published with the licences of their libraries', () => {
  for (const [file, libraries] of ofPages) expectNotices(server, file, libraries)
  expect([...ofPages.values()].flat().map(({ name }) => name)).toContain('uplot')
})

/** The libraries of the guard's worker. Those of TensorFlow have no file with their licence. */
const ofGuardWorker = [
  ['@tensorflow/tfjs-backend-cpu', 'Apache License'],
  ['@tensorflow/tfjs-backend-wasm', 'Apache License'],
  ['@tensorflow/tfjs-core', 'Apache License'],
  ['@tensorflow/tfjs-layers', 'Apache License'],
  ['base64-js', 'Jameson Little'],
  ['buffer', 'Feross Aboukhadijeh'],
  ['ieee754', 'Fair Oaks Labs'],
  ['long', 'Apache License'],
  ['nsfwjs', 'Infinite Red'],
  ['seedrandom', 'David Bau'],
] as const

test('the worker of the guard is published with the licences of its libraries and of no other', () => {
  const worker = guard.read('dist/buddy-guard-worker.js').slice(0, 1000)
  const [, named] = /see THIRD-PARTY-NOTICES\.txt: (.*) \*\/$/m.exec(worker)!
  const libraries = named!.split(', ')
  expect(libraries.map((library) => library.split(' ')[0])).toEqual(
    ofGuardWorker.map(([name]) => name),
  )
  const sections = guard.read('dist/THIRD-PARTY-NOTICES.txt').split('\n\n---\n\n')
  for (const [index, [name, words]] of ofGuardWorker.entries()) {
    const section = sections.find((text) => text.startsWith(`${libraries[index]} (`))
    expect(section, name).toContain(words)
  }
  expect(guard.read('dist/buddy-guard.js')).toContain(`Buddy ${guard.manifest.version}, ISC`)
  // The server delivers the same files.
  for (const file of guardScripts) {
    expect(server.read(`dist/public/v/guard/${file}`)).toBe(guard.read(`dist/${file}`))
  }
  expect(server.read('dist/public/v/guard/THIRD-PARTY-NOTICES.txt')).toBe(
    guard.read('dist/THIRD-PARTY-NOTICES.txt'),
  )
})

test('modules into which a library is bundled are published with its licence', () => {
  const bundled = packages.flatMap((item) =>
    bundledImports(item).map((found) => ({ item, ...found })),
  )
  expect(bundled.map(({ library }) => library.name)).toEqual(
    expect.arrayContaining(['msgpackr', '@redis/client']),
  )
  for (const { item, file, library } of bundled) expectNotices(item, file, [library])
})

test('no other file is a bundle: each is emitted from one source, or is a script that is checked above', () => {
  const checked = [
    ...ofElement.keys(),
    ...ofPages.keys(),
    'dist/public/v/buddy-chat.js',
    ...guardScripts.flatMap((file) => [`dist/${file}`, `dist/public/v/guard/${file}`]),
  ]
  for (const item of packages) {
    const others = item.files
      .filter((file) => /\.(js|mjs|cjs)$/.test(file))
      .filter((file) => !existsSync(join(sourceFolder(item), sourceOf(file))))
    expect(checked).toEqual(expect.arrayContaining(others))
  }
})
