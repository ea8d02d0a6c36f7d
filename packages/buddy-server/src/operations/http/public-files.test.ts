import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeFaults, loadPublicFiles } from './public-files.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const names = [
  'v/buddy-chat.js',
  'v/buddy-chat.js.br',
  'v/buddy-chat.js.gz',
  'v/part.js',
  'v/guard/buddy-guard.js',
  'v/guard/buddy-guard-worker.js',
  'index.html',
  'demo.css',
  'demo.js',
  'dashboard/index.html',
  'dashboard/dashboard.css',
  'dashboard/dashboard.js',
  'dashboard/THIRD-PARTY-NOTICES.txt',
  'moderation/index.html',
  'moderation/moderation.css',
  'moderation/moderation.js',
  'operator-pages.js',
]

/** A complete public folder, in which the content of each file is its name. `changes` replaces files. */
function folder(
  changes: Readonly<Record<string, string | undefined>> = {},
): (name: string) => Uint8Array | undefined {
  const hash = (text: string): string =>
    `sha384-${createHash('sha384').update(text).digest('base64')}`
  const files = Object.fromEntries(names.map((name) => [name, hash(name)]))
  const contents: Record<string, string | undefined> = {
    ...Object.fromEntries(names.map((name) => [name, name])),
    'manifest.json': JSON.stringify({ version: '1.2.3', build: 'a', files }),
    ...changes,
  }
  return (name) => {
    const content = contents[name]
    return content === undefined ? undefined : encode(content)
  }
}

test('loadPublicFiles returns each file with its compressed forms and the version', () => {
  const { version, files, missing, changed } = loadPublicFiles(folder())
  expect([version, missing, changed]).toEqual(['1.2.3', [], []])
  expect([...files.keys()].sort()).toEqual(names.filter((name) => !/\.(br|gz)$/.test(name)).sort())
  const script = files.get('v/buddy-chat.js')
  expect(script).toEqual({
    etag: expect.stringMatching(/^"[\w+/]{22}"$/),
    identity: encode('v/buddy-chat.js'),
    br: encode('v/buddy-chat.js.br'),
    gzip: encode('v/buddy-chat.js.gz'),
  })
  expect(files.get('index.html')).toMatchObject({ br: undefined, gzip: undefined })
  expect(describeFaults({ missing, changed })).toBeUndefined()
})

test.for(['index.html', 'v/buddy-chat.js', 'v/buddy-chat.js.br', 'v/part.js'])(
  'loadPublicFiles names %s if it is missing, and if it has changed, and leaves it out',
  (name) => {
    const without = loadPublicFiles(folder({ [name]: undefined }))
    expect([without.missing, without.changed]).toEqual([[name], []])
    const other = loadPublicFiles(folder({ [name]: 'of another build' }))
    expect([other.missing, other.changed]).toEqual([[], [name]])
    for (const { files } of [without, other]) {
      expect(files.has(name)).toBe(false)
      expect(files.has('demo.js')).toBe(true)
    }
    expect(describeFaults(without)).toBe(
      `The server's own files are incomplete (missing: ${name}). Build or install it again.`,
    )
  },
)

test.for([
  ['no manifest', undefined],
  ['a truncated manifest', '{"version":"1.2.3","files":{"ind'],
  ['a manifest without files', '{"version":"1.2.3","build":"a"}'],
  ['a manifest that is null', 'null'],
] as const)('with %s, loadPublicFiles names every file that the routes need', ([, manifest]) => {
  const { version, files, missing } = loadPublicFiles(folder({ 'manifest.json': manifest }), 'a')
  expect([version, files.size]).toEqual(['', 0])
  expect(missing).toEqual(
    expect.arrayContaining([
      'manifest.json',
      'v/buddy-chat.js',
      'index.html',
      'dashboard/index.html',
    ]),
  )
})

test('loadPublicFiles names the manifest if it is of another build than the code', () => {
  expect(loadPublicFiles(folder(), 'a').changed).toEqual([])
  expect(loadPublicFiles(folder(), 'b').changed).toEqual(['manifest.json'])
  // As in tests, which run the sources.
  expect(loadPublicFiles(folder(), 'unbuilt').changed).toEqual([])
})

test('loadPublicFiles needs no files if the code runs from its sources and nothing is built', () => {
  const files = loadPublicFiles(() => undefined, 'unbuilt')
  expect([files.files.size, describeFaults(files)]).toEqual([0, undefined])
})
