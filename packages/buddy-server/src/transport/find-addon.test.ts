import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Machine } from './find-addon.ts'
import { findAddon, thisMachine } from './find-addon.ts'
import { loadAddon, NativeAddonError } from './load-addon.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'buddy-addon-'))
})
afterEach(() => rmSync(place, { recursive: true }))

/** A machine on which `files` are installed, each with its path in node_modules. */
function machineWith(files: readonly string[], changes: Partial<Machine> = {}): Machine {
  const names = new Set(files.map((file) => /^(@[^/]+\/)?[^/]+/.exec(file)![0]))
  for (const file of files) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    writeFileSync(join(place, file), 'no binary')
  }
  return {
    platform: 'linux-x64',
    abi: '127',
    nodeVersion: 'v22.0.0',
    hasMusl: () => false,
    folderOf: (name) => (names.has(name) ? join(place, name) : undefined),
    ...changes,
  }
}

const ours = '@buddy-chat/uws-linux-x64/uws_linux_x64_127.node'

describe('findAddon', () => {
  test("finds the binary in Buddy's package for the platform and Node", () => {
    const other = '@buddy-chat/uws-linux-x64/uws_linux_x64_115.node'
    expect(findAddon(machineWith([ours, other]))).toEqual({ file: join(place, ours) })
    expect(findAddon(machineWith([ours, other], { abi: '115' }))).toEqual({
      file: join(place, other),
    })
  })

  test.each([
    'uWebSockets.js/uws_linux_x64_127.node',
    'uWebSockets.js/dist/bin/uws_linux_x64_127.node',
  ])('prefers an installed uWebSockets.js: %s', (file) => {
    expect(findAddon(machineWith([ours, file]))).toEqual({ file: join(place, file) })
  })

  test("does not use Buddy's binary if an installed uWebSockets.js lacks one for this Node", () => {
    const files = [ours, 'uWebSockets.js/uws_linux_x64_137.node']
    expect(findAddon(machineWith(files))).toEqual({
      problem: 'unsupported-node',
      message: expect.stringMatching(
        /^The installed package uWebSockets\.js \(.*\) has no binary for Node v22\.0\.0 on linux-x64: /,
      ),
    })
  })

  test.each([
    [
      'unsupported-platform',
      { platform: 'linux-riscv64' },
      [],
      /for linux-riscv64: run the server/,
    ],
    ['musl', { hasMusl: () => true }, [], /needs a Linux with glibc, and this one has musl/],
    ['not-installed', {}, [], /uws-linux-x64 is not installed: .*--omit=optional/],
    ['not-installed', { platform: 'win32-x64' }, [ours], /uws-win32-x64 is not installed/],
    ['unsupported-node', { abi: '137', nodeVersion: 'v24.1.0' }, [ours], /for Node v24\.1\.0: use/],
  ] as const)('gives the reason %s for %o', (problem, changes, files, message) => {
    const found = findAddon(machineWith(files, changes))
    expect(found).toEqual({ problem, message: expect.stringMatching(message) })
    // One sentence.
    expect((found as { message: string }).message).toMatch(/^[A-Z][^\n]*[^.]\.$/)
  })

  test('does not look at the C library if there is an addon', () => {
    const hasMusl = (): never => expect.unreachable()
    expect(findAddon(machineWith([ours], { hasMusl }))).toHaveProperty('file')
  })
})

test.skipIf(process.platform !== 'linux')(
  'thisMachine has musl if Node names no version of glibc (only on Linux)',
  () => {
    const report = vi.spyOn(process.report, 'getReport')
    onTestFinished(() => report.mockRestore())
    report.mockReturnValue({ header: { glibcVersionRuntime: '2.36' } })
    expect(thisMachine().hasMusl()).toBe(false)
    report.mockReturnValue({ header: {} })
    expect(thisMachine().hasMusl()).toBe(true)
  },
)

describe('loadAddon', () => {
  test('returns the functions of uWebSockets.js, every time the same object', () => {
    expect(loadAddon()).toHaveProperty('App')
    expect(loadAddon()).toBe(loadAddon())
  })

  test('throws a NativeAddonError with the reason if there is no addon', () => {
    const machine = machineWith([], { platform: 'linux-ia32' })
    expect(() => loadAddon(machine)).toThrow(NativeAddonError)
    expect(() => loadAddon(machine)).toThrow(
      expect.objectContaining({ name: 'NativeAddonError', code: 'unsupported-platform' }),
    )
  })

  test.each([
    [
      'unloadable',
      false,
      /^\/.*_127\.node cannot be loaded \(.*\): install @buddy-chat\/server again/,
    ],
    ['musl', true, /this one has musl/],
  ] as const)('throws the reason %s for a file that Node cannot load', (code, isMusl, message) => {
    const machine = machineWith([ours], { hasMusl: () => isMusl })
    const error = expect.objectContaining({ code, message: expect.stringMatching(message) })
    expect(() => loadAddon(machine)).toThrow(error)
  })
})
