// examples/python-server: a server that was written from docs/protocol.md alone, in at most 400 lines.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  missingPythonMessage,
  python,
  pythonServerScript,
  startPythonServer,
} from '../python-server.ts'
import { runCommand } from '../run-command.ts'

if (missingPythonMessage) console.log(missingPythonMessage)

interface Report {
  readonly results: readonly {
    readonly id: string
    readonly status: 'passed' | 'failed' | 'skipped'
    readonly reason?: string
  }[]
}

/** Returns a folder that is removed when the test ends. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-python-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the server in Python has at most 400 lines of at most 100 characters', () => {
  const lines = readFileSync(pythonServerScript, 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(400)
  expect(lines.filter((line) => line.length > 100)).toEqual([])
})

describe.skipIf(missingPythonMessage)('with Debian’s Python', () => {
  test('compiles without a warning', () => {
    const { status, stderr } = spawnSync(
      python,
      ['-W', 'error', '-m', 'py_compile', pythonServerScript],
      // The compiled file does not belong beside the script.
      { encoding: 'utf8', env: { PYTHONPYCACHEPREFIX: temporaryFolder() } },
    )
    expect([status, stderr]).toEqual([0, ''])
  })

  test('passes every case of what it claims', { timeout: 90_000 }, async () => {
    // Short limits, because some cases wait for them; long enough for a busy machine.
    const limits = ['--hello-timeout', '5', '--heartbeat-ms', '4000']
    const url = await startPythonServer(...limits, '--origin', 'https://good.example')
    const { code, output } = await runCommand(
      'packages/buddy-conformance/dist/cli.js',
      url,
      '--profile=offers,rates,names,origins',
      '--origin=https://good.example',
      '--refused-origin=https://bad.example',
      '--concurrency=16',
      '--report=json',
    )
    if (!output.startsWith('{')) throw new Error(output)
    const { results } = JSON.parse(output) as Report
    const withStatus = (wanted: string): readonly string[] =>
      results
        .filter(({ status }) => status === wanted)
        .map(({ id, reason }) => (reason === undefined ? id : `${id}: ${reason}`))
    expect(withStatus('failed')).toEqual([])
    expect(withStatus('skipped').filter((line) => !line.endsWith('is not claimed'))).toEqual([
      'rooms/refuses-texts-typing-and-text-mode-if-the-site-does-not-allow-texts: the site allows texts',
      'rooms/refuses-video-mode-if-the-site-does-not-allow-video: the site allows video',
      'rates/keeps-the-rates-of-a-session-that-resumes: the server does not resume sessions',
    ])
    expect(withStatus('passed').length).toBeGreaterThan(360)
    expect(code).toBe(0)
  })
})
