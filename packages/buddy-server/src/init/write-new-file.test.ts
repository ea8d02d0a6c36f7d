import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeNewFile } from './write-new-file.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'buddy-write-'))
  path = join(folder, 'buddy.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (mayReplace = false, check: (temporary: string) => void = () => undefined): void =>
  writeNewFile(path, 'new', mayReplace, check)

test('creates a file that only its owner can read, and leaves no other file', () => {
  write()
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['buddy.yaml'])
})

test('does not replace a file, unless it may', () => {
  writeFileSync(path, 'old', { mode: 0o644 })
  expect(() => write()).toThrow(
    `${path} exists already: name another file with --file, or replace it with --force`,
  )
  expect(readFileSync(path, 'utf8')).toBe('old')
  write(true)
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test.for(['present', 'missing'])('does not write through a symbolic link to a %s file', (kind) => {
  const target = join(folder, 'target')
  if (kind === 'present') writeFileSync(target, 'old')
  symlinkSync(target, path)
  expect(() => write()).toThrow(/exists already/)
  expect(readlinkSync(path)).toBe(target)
  write(true)
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(existsSync(target) && readFileSync(target, 'utf8')).toBe(kind === 'present' && 'old')
})

test('writes nothing if the check fails, which reads the whole text', () => {
  let read = ''
  const check = (temporary: string): void => {
    read = readFileSync(temporary, 'utf8')
    throw new Error('unusable')
  }
  expect(() => write(false, check)).toThrow('unusable')
  expect(read).toBe('new')
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(path, 'old')
  expect(() => write(true, check)).toThrow('unusable')
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('does not replace a file that another process creates at the same time', () => {
  const check = (): void => {
    // The name is reserved already, so that no other process can create the file.
    expect(() => writeFileSync(path, 'other', { flag: 'wx' })).toThrow('EEXIST')
  }
  write(false, check)
  expect(readFileSync(path, 'utf8')).toBe('new')
})

test('names the reason if the file cannot be written', () => {
  mkdirSync(path)
  expect(() => write()).toThrow(`${path} cannot be written: it is a folder`)
  expect(() => write(true)).toThrow('it is a folder')
  path = join(folder, 'none', 'buddy.yaml')
  expect(() => write()).toThrow(`${path} cannot be written: its folder does not exist`)
  path = join(folder, 'n'.repeat(300))
  expect(() => write()).toThrow('its name is too long')
})
