import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadFromFile } from './load-from-file.ts'

const addon = { name: 'addon.node', bytes: new TextEncoder().encode('native code') }
const otherUser = 65534
const isRoot = process.getuid?.() === 0
const asRoot = test.skipIf(!isRoot)
const needsRoot = isRoot ? '' : ' (skipped: only root can give files to other users)'

let base: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'buddy-addon-')))
})
afterEach(() => rmSync(base, { recursive: true }))

/** The content and the path of the file from which the addon was loaded. */
interface Loaded {
  readonly file: string
  readonly text: string
}

const load = (file: string): Loaded => ({ file, text: readFileSync(file, 'utf8') })
const kept = (folder: string): Loaded => loadFromFile([{ folder, isTemporary: false }], addon, load)
const once = (folder: string): Loaded => loadFromFile([{ folder, isTemporary: true }], addon, load)

describe.skipIf(process.platform === 'win32')(
  '(skipped on Windows, which has no such modes)',
  () => {
    test('the addon is kept in a folder and a file that only this user can write to', () => {
      const folder = join(base, 'cache/buddy-server')
      const { file, text } = kept(folder)
      expect({ file, text }).toEqual({ file: join(folder, 'addon.node'), text: 'native code' })
      expect(statSync(folder).mode & 0o777).toBe(0o755)
      expect(statSync(file).mode & 0o777).toBe(0o755)
      expect(readdirSync(folder)).toHaveLength(1)
    })

    test('a later start uses the file that is there', () => {
      const { file } = kept(base)
      const { ino } = statSync(file)
      kept(base)
      expect(statSync(file).ino).toBe(ino)
    })

    test.each([
      [
        'has other content of the same length',
        (file: string) => writeFileSync(file, 'native cod3'),
      ],
      ['is unfinished', (file: string) => writeFileSync(file, 'native')],
      ['can be written by other users', (file: string) => chmodSync(file, 0o777)],
    ])('a file that %s is replaced', (_, damage) => {
      const { file } = kept(base)
      damage(file)
      expect(kept(base)).toEqual({ file, text: 'native code' })
      expect(statSync(file).mode & 0o777).toBe(0o755)
    })

    test('a symbolic link instead of the file is replaced, and its target stays as it is', () => {
      const { file } = kept(base)
      const target = join(base, 'target')
      writeFileSync(target, 'native code')
      rmSync(file)
      symlinkSync(target, file)
      expect(kept(base).text).toBe('native code')
      expect(statSync(file).ino).not.toBe(statSync(target).ino)
    })

    test('the addon is not kept in a folder that other users can write to', () => {
      const folder = join(base, 'open')
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      expect(() => kept(folder)).toThrow(`${folder}: other users can write to ${folder}`)
      expect(readdirSync(folder)).toEqual([])
    })

    test('the addon is not kept below a folder that other users can write to, but below /tmp', () => {
      chmodSync(base, 0o777)
      expect(() => kept(join(base, 'a/b'))).toThrow(`other users can write to ${base}`)
      chmodSync(base, 0o1777)
      expect(kept(join(base, 'a/b')).text).toBe('native code')
    })

    asRoot(`the addon is not kept in a folder of another user${needsRoot}`, () => {
      const folder = join(base, 'theirs')
      mkdirSync(folder, { mode: 0o755 })
      chownSync(folder, otherUser, otherUser)
      expect(() => kept(folder)).toThrow('other users can write to')
      const link = join(base, 'link')
      symlinkSync(folder, link)
      expect(() => kept(link)).toThrow(`${link}: other users can write to ${folder}`)
    })

    asRoot(`a file of another user is replaced${needsRoot}`, () => {
      const { file } = kept(base)
      chownSync(file, otherUser, otherUser)
      expect(kept(base).text).toBe('native code')
      expect(statSync(file).uid).toBe(0)
    })

    test('in a temporary folder the addon has a folder of its own, which is deleted after loading', () => {
      chmodSync(base, 0o1777)
      const { file, text } = once(base)
      expect(text).toBe('native code')
      expect(dirname(dirname(file))).toBe(base)
      expect(readdirSync(base)).toEqual([])
    })

    test('a temporary folder without the sticky bit is not used', () => {
      chmodSync(base, 0o777)
      expect(() => once(base)).toThrow(`other users can write to ${base}`)
    })

    test('if the addon cannot be loaded from one place, the next is used', () => {
      const [first, second] = [join(base, 'first'), join(base, 'second')]
      const places = [first, second].map((folder) => ({ folder, isTemporary: false }))
      const loaded = loadFromFile(places, addon, (file) => {
        if (file.startsWith(first)) throw new Error('Operation not permitted')
        return load(file)
      })
      expect(dirname(loaded.file)).toBe(second)
    })

    test('if no place is suitable, the error names each with the reason', () => {
      writeFileSync(join(base, 'file'), '')
      const missing = join(base, 'missing')
      const places = [
        { folder: join(base, 'file/cache'), isTemporary: false },
        { folder: missing, isTemporary: true },
      ]
      expect(() => loadFromFile(places, addon, load)).toThrow(
        new RegExp(`^${base}/file/cache: ENOTDIR: .*\n${missing}: ENOENT: .*$`),
      )
      expect(existsSync(missing)).toBe(false)
    })
  },
)
