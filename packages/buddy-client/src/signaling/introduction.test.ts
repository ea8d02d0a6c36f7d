import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resolveOptions } from '../options.ts'
import { toIntroduction } from './introduction.ts'

test('toIntroduction puts the name and version of this package into `hello`', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const { hello } = toIntroduction(resolveOptions({ server: 'https://chat.example' }), undefined)
  expect(hello.client).toBe(`buddy-chat-js ${version}`)
})
