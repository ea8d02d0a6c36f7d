import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { init } from './init.ts'

test.for([
  [{ 'max-rooms': 'many' }, {}, /^--max-rooms=many is not allowed: it must be a whole number/],
  [{ 'secret-key': 'hunter2' }, {}, /^--secret-key=… is not allowed: it must be at least 32/],
  [{ 'public-url': 'a b' }, {}, /^--public-url=https:\/\/a b is not allowed: it must be a URL/],
  [{ 'allowed-origins': '*' }, {}, /^ALLOWED_ORIGINS is open to every page/],
  [{ 'turn-secret': 'password password' }, { turn: 't.example' }, /^TURN_SECRET looks like a/],
  [{}, { turn: 'a b' }, /^--turn=a b is not allowed: it must not contain spaces$/],
  [{}, { https: 'server' }, /^--yes needs the answer to "Which file contains the certificate/],
  [{ 'tls-cert-file': '/none', 'tls-key-file': '/none' }, {}, /^\/none: there is no such file/],
  [{ config: 'b.yaml' }, {}, /^init writes a new file: name it with --file instead of --config/],
] as const)('refuses the settings %j with the flags %j, and writes nothing', async (sample) => {
  const [flags, own, message] = sample
  const folder = mkdtempSync(join(tmpdir(), 'buddy-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'buddy.yaml')
  await expect(init({ flags }, { yes: true, file, ...own })).rejects.toThrow(message)
  expect(readdirSync(folder)).toEqual([])
})
