import { expect, test } from 'vitest'
import { resolveOptions } from '../options.ts'
import { version } from '../version.ts'
import { toIntroduction } from './introduction.ts'

test('toIntroduction puts the name and version of this package into `hello`', () => {
  const { hello } = toIntroduction(resolveOptions({ server: 'https://chat.example' }), undefined)
  expect(hello.client).toBe(`buddy-chat-js ${version}`)
})
