// What the packed packages contain, and whether tools resolve it.
import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import type { ResolutionKind } from '@arethetypeswrong/core'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { init, parse } from 'es-module-lexer'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, test } from 'vitest'
import type { Manifest, UnpackedPackage } from './unpacked-packages.ts'
import { packageOf, unpackPackages } from './unpacked-packages.ts'

const root = join(import.meta.dirname, '../..')
const packages = unpackPackages()
/** Those that users import. The others contain binaries of one platform. */
const libraries = packages.filter(({ manifest }) => manifest.exports !== undefined)
const byName = (list: readonly UnpackedPackage[]): [string, UnpackedPackage][] =>
  list.map((item) => [item.manifest.name, item])

await init

/** Names of the modules that a file of JavaScript or of types imports. */
function importsOf(file: string, source: string): readonly string[] {
  if (!file.endsWith('.d.ts')) return parse(source)[0].flatMap(({ n }) => n ?? [])
  const clauses = source.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'/gm)
  const inline = source.matchAll(/\bimport\('([^']+)'\)/g)
  return [...clauses, ...inline].map(([, name, bare]) => (name ?? bare)!)
}

/** Whether TypeScript or Node finds the file that a relative import names. */
function isResolved({ files }: UnpackedPackage, file: string, target: string): boolean {
  const path = join(dirname(file), target).replaceAll('\\', '/')
  // In a declaration file, TypeScript finds b.d.ts for ./b.ts.
  return (
    files.includes(path) ||
    (file.endsWith('.d.ts') && files.includes(path.replace(/\.ts$/, '.d.ts')))
  )
}

test('the packages that users import are packed', () => {
  expect(libraries.map(({ manifest }) => manifest.name)).toEqual(
    expect.arrayContaining([
      '@buddy-chat/client',
      '@buddy-chat/element',
      '@buddy-chat/guard',
      '@buddy-chat/protocol',
      '@buddy-chat/server',
    ]),
  )
})

describe.for(byName(packages))('%s', ([, item]) => {
  const { manifest, files, read } = item

  test('has a README and its licence', () => {
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']))
  })

  test('leads to its source, has no install scripts, and no ranges that only a workspace knows', () => {
    const { repository, scripts = {}, dependencies = {}, optionalDependencies = {} } = manifest
    expect(repository?.url).toBe('git+https://github.com/buddy-chat/buddy.git')
    const source = readFileSync(join(root, repository!.directory, 'package.json'), 'utf8')
    expect((JSON.parse(source) as Manifest).name).toBe(manifest.name)
    expect(manifest).toMatchObject({ publishConfig: { access: 'public' } })
    // The binaries of a platform are those of uWebSockets.js and Node.
    const license = /\/uws-/.test(manifest.name)
      ? 'Apache-2.0'
      : /\/node-/.test(manifest.name)
        ? 'MIT'
        : 'ISC'
    expect(manifest['license']).toBe(license)
    expect([manifest['homepage'], manifest['bugs'], manifest['description']]).not.toContain(
      undefined,
    )
    expect(Object.keys(scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching('install')]),
    )
    const ranges = Object.entries({ ...dependencies, ...optionalDependencies })
    expect(ranges.filter(([, range]) => !/^(npm:[a-z-]+@)?\^?\d+\.\d+\.\d+$/.test(range))).toEqual(
      [],
    )
  })

  test('contains no build state, no source maps, no tests', () => {
    const unwanted = /\.tsbuildinfo$|\.map$|\.(test|fixture|component-test)\./
    expect(files.filter((file) => unwanted.test(file))).toEqual([])
    const code = files.filter((file) => /\.(js|mjs|css|ts)$/.test(file))
    expect(code.filter((file) => read(file).includes('sourceMappingURL='))).toEqual([])
  })
})

describe.for(byName(libraries))('%s', ([, item]) => {
  const { manifest, files, read } = item
  const modules = files.filter((file) => /\.(js|mjs|d\.ts)$/.test(file))
  const imports = modules.flatMap((file) =>
    importsOf(file, read(file)).map((target) => ({ file, target })),
  )
  const isRelative = (target: string): boolean => target.startsWith('.')

  test('is approved by publint', async () => {
    const tarball = readFileSync(item.tarball)
    const { messages } = await publint({
      pack: {
        tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length),
      },
      strict: true,
    })
    expect(
      messages.map((message) => formatMessage(message, manifest as Record<string, unknown>)),
    ).toEqual([])
  })

  test('has types that every resolution of ES modules finds', async () => {
    const tarball = new Uint8Array(readFileSync(item.tarball))
    const result = await checkPackage(createPackageFromTarballData(tarball))
    // The packages are ES modules: they do not support require(), nor the resolution of Node 10.
    const unsupported: unknown[] = ['node10', 'node16-cjs'] satisfies ResolutionKind[]
    const problems = result.types ? result.problems : ['no types']
    expect(
      problems.filter(
        (problem) =>
          typeof problem === 'string' ||
          !('resolutionKind' in problem) ||
          !unsupported.includes(problem.resolutionKind),
      ),
    ).toEqual([])
  })

  test('contains every file that its files import', () => {
    expect(imports.length).toBeGreaterThan(10)
    const relative = imports.filter(({ target }) => isRelative(target))
    expect(relative.filter(({ file, target }) => !isResolved(item, file, target))).toEqual([])
  })

  test('declares every package that it imports, and no other', () => {
    const imported = imports
      .filter(({ target }) => !isRelative(target) && !target.startsWith('node:'))
      .map(({ target }) => packageOf(target))
    expect(imported.filter((target) => builtinModules.includes(target))).toEqual([])
    // An operator can install uWebSockets.js. The server imports its types.
    const { dependencies = {}, peerDependencies = {} } = manifest
    const declared = Object.keys({ ...dependencies, ...peerDependencies })
    expect([...new Set(imported)].sort()).toEqual(declared.sort())
  })

  test('will contain its changelog, which a release writes', () => {
    expect(manifest['files']).toContain('CHANGELOG.md')
  })

  test('has engines only if it has a command, because npm installs an older version if they do not match', () => {
    expect(manifest.engines !== undefined).toBe(manifest['bin'] !== undefined)
  })
})

test('the element contains the script to which CDNs lead, with its version and the licences of its libraries', () => {
  const { manifest, files, read } = packages.find(
    ({ manifest: { name } }) => name === '@buddy-chat/element',
  )!
  const { unpkg, jsdelivr, version } = manifest as unknown as Record<string, string>
  expect([unpkg, jsdelivr]).toEqual(['./dist/buddy-chat.min.js', './dist/buddy-chat.min.js'])
  expect(files).toContain('dist/buddy-chat.min.js')
  expect(read('dist/buddy-chat.min.js').slice(0, 100)).toContain(`Buddy ${version}, ISC`)
  expect(read('dist/THIRD-PARTY-NOTICES.txt')).toContain('Copyright (c) 2017 Google LLC')
})
