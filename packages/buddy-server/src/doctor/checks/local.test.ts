import { expect, test } from 'vitest'
import { loadPublicFiles } from '../../operations/http/public-files.ts'
import { readPublicFile } from '../../own-files.ts'
import { thisMachine } from '../../transport/find-addon.ts'
import { loadAddon } from '../../transport/load-addon.ts'
import { checkAddon, checkOwnFiles } from './local.ts'

test('reports that the native addon loads, or the reason why not', () => {
  expect(checkAddon()).toMatchObject([{ verdict: 'ok' }])
  const elsewhere = {
    ...thisMachine(),
    abi: '1',
    platform: 'plan9-mips',
    folderOf: () => undefined,
  }
  expect(checkAddon(() => loadAddon(elsewhere))).toEqual([
    { verdict: 'problem', message: expect.stringMatching(/\w/) },
  ])
})

test('reports that the own files are complete, or which are missing', () => {
  expect(checkOwnFiles()).toMatchObject([{ verdict: 'ok' }])
  const read = (name: string): Uint8Array | undefined =>
    name === 'demo.js' ? undefined : readPublicFile(name)
  expect(checkOwnFiles(() => loadPublicFiles(read))).toMatchObject([
    { verdict: 'problem', message: expect.stringContaining('missing: demo.js') },
  ])
})
