// A server whose own files are missing or changed logs an error, and does not become ready.
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCliProcess } from './cli-process.ts'
import { RawClient } from './raw-client.ts'
import { copyWorkspace } from './workspace-copy.ts'

test('without one of its files, a server is not ready, names the file in the log, and serves its clients', async () => {
  const copy = copyWorkspace()
  const cli = join(copy, 'packages/buddy-server/dist/cli.js')
  const publicFolder = join(copy, 'packages/buddy-server/dist/public')
  rmSync(join(publicFolder, 'v/buddy-chat.js'))
  appendFileSync(join(publicFolder, 'demo.js'), '\n// of another build')
  const manifest = join(publicFolder, 'manifest.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"build": "./, '"build": "-'))

  const { url, writes } = await startCliProcess({}, [], cli)
  await writes(
    "The server's own files are incomplete (missing: v/buddy-chat.js; changed: manifest.json, demo.js). Build or install it again.",
  )
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([
    503,
    {
      status: 'files-missing',
      missing: ['v/buddy-chat.js'],
      changed: ['manifest.json', 'demo.js'],
    },
  ])
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  for (const path of ['/buddy-chat.js', '/demo.js']) {
    const { status, body } = await fetch(url + path).then(async (answer) => ({
      status: answer.status,
      body: (await answer.json()) as { error: string },
    }))
    expect([path, status, body.error]).toEqual([path, 404, 'not-built'])
  }
  await RawClient.pair(url)

  const check = spawnSync(process.execPath, [cli, '--dev', 'check-config'], { encoding: 'utf8' })
  expect([check.status, check.stdout]).toEqual([1, ''])
  expect(check.stderr).toContain('missing: v/buddy-chat.js; changed: manifest.json, demo.js')
})
