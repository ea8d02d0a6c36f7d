// msgpackr is part of the built server, because package managers would otherwise install its native parts.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('the built server contains msgpackr with its licence, and does not import it', () => {
  const built = read('dist/codec.js')
  const licence = read('node_modules/msgpackr/LICENSE')
  expect(read('dist/THIRD-PARTY-NOTICES.txt')).toContain(licence.trim())
  const imported = [...built.matchAll(/^import .* from '(.*)'/gm)].map(([, name]) => name)
  expect(imported.sort()).toEqual(['@buddy-chat/protocol', 'node:buffer'])
  expect(built).not.toMatch(/\brequire\(/)
})

test.for(['.', '../buddy-protocol'])('the package in %s does not depend on msgpackr', (path) => {
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
    read(`${path}/package.json`),
  ) as Record<string, object | undefined>
  expect({ ...dependencies, ...optionalDependencies, ...peerDependencies }).not.toHaveProperty(
    'msgpackr',
  )
})
