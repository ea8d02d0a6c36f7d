// A release into an empty registry: what is published, in which order, and what a second attempt does.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Registry } from '../registry.ts'
import { startRegistry } from '../registry.ts'

const run = promisify(execFile)
const publishScript = join(import.meta.dirname, '../../../scripts/release/publish-all.mjs')

/** Publishes the packed packages, as a release does. Returns the printed lines. */
async function publishAll(registry: Registry, userConfig: string): Promise<readonly string[]> {
  writeFileSync(userConfig, `${registry.url.slice('http:'.length)}/:_authToken=test\n`)
  const { stdout } = await run(process.execPath, [publishScript], {
    env: {
      ...process.env,
      npm_config_registry: registry.url,
      npm_config_userconfig: userConfig,
    },
  })
  return stdout.trim().split('\n')
}

test('a release publishes each package after those that it needs, and a repeated one publishes what is missing', async ({
  onTestFinished,
}) => {
  const empty = mkdtempSync(join(tmpdir(), 'buddy-release-'))
  const userConfig = join(empty, 'npmrc')
  const registry = await startRegistry(empty)
  onTestFinished(async () => {
    await registry.close()
    rmSync(empty, { recursive: true })
  })

  await publishAll(registry, userConfig)
  const names = registry.published.map((item) => item.replace(/@[^@]*$/, ''))
  expect(names).toEqual(
    expect.arrayContaining([
      '@buddy-chat/protocol',
      '@buddy-chat/client',
      '@buddy-chat/element',
      '@buddy-chat/server',
    ]),
  )
  const position = (name: string): number => names.indexOf(`@buddy-chat/${name}`)
  expect(position('protocol')).toBeLessThan(position('client'))
  expect(position('client')).toBeLessThan(position('element'))
  expect(position('protocol')).toBeLessThan(position('server'))

  const count = registry.published.length
  const lines = await publishAll(registry, userConfig)
  expect(registry.published).toHaveLength(count)
  expect(lines.every((line) => line.endsWith('was published'))).toBe(true)

  registry.remove('@buddy-chat/element')
  await publishAll(registry, userConfig)
  expect(registry.published.slice(count)).toEqual([expect.stringContaining('@buddy-chat/element@')])
})
