// The commands and settings on docs/deploy.md are valid.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../packages/buddy-server/src/config/read-config.ts'
import { deployFolder, readComposeFile, readDeployed } from './compose-settings.ts'

const page = readFileSync(join(deployFolder, '../docs/deploy.md'), 'utf8')

/** Returns the code blocks of one language, without their indentation. */
const blocks = (kind: string): readonly string[] =>
  [...page.matchAll(/^( *)```(\w+)\n([^`]*)^ *```/gm)].flatMap(([, indent, language, body]) =>
    language === kind ? [body!.replaceAll(new RegExp(`^${indent}`, 'gm'), '')] : [],
  )

const keys = {
  SECRET_KEY: '6f1d0c7ab95e4832b0d4c7fae6195327',
  TURN_SECRET: 'a1b5d90c73e84f26b9d04c8fea716352',
}

test.for(blocks('sh'))('has valid shell syntax: %s', (block) => {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: block, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

test('the configuration file for systemd is valid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-deploy-page-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'buddy.yaml')
  writeFileSync(
    config,
    blocks('yaml').find((block) => block.includes('trusted_proxies'))!,
  )
  const { options } = readConfig({ environment: keys, flags: { config } })
  expect(options).toMatchObject({ host: '127.0.0.1', maxUsers: 2000 })
  expect(options.turnUrls).toHaveLength(2)
})

test('the settings for Fly are valid', () => {
  const [, env = ''] = /\[env\]\n([^[]*)/.exec(blocks('toml')[0]!)!
  const environment = Object.fromEntries(
    [...env.matchAll(/([A-Z_]+) = "(.*)"/g)].map(([, key = '', value = '']) => [key, value]),
  )
  expect(readConfig({ environment: { ...keys, ...environment }, flags: {} }).options.maxUsers).toBe(
    1000,
  )
})

test('the file that overrides settings of Compose names a service that exists', () => {
  const override = parse(blocks('yaml').find((block) => block.includes('WEBHOOK_URL'))!) as {
    services: object
  }
  const anything = new Proxy({}, { get: () => 'x' })
  const { services } = readComposeFile(readDeployed('compose.yaml'), anything)
  expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(override.services)))
})
