// Runs examples/python-server as its README says: with Debian's Python and Debian's packages.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The operating system's own Python. Another one that comes first in PATH has no access to Debian's packages. */
export const python = '/usr/bin/python3'

/** The script of the example. */
export const pythonServerScript = join(import.meta.dirname, '../examples/python-server/server.py')

const { status } = spawnSync(python, ['-c', 'import websockets.legacy.server, msgpack'], {
  stdio: 'ignore',
})

/** A message that names the packages to install; undefined if they are installed. */
export const missingPythonMessage =
  status === 0
    ? undefined
    : 'Skipped: tests of examples/python-server. They need Debian’s Python 3 with websockets and msgpack (sudo apt-get install python3-websockets python3-msgpack).'

/**
 * Starts the server, which ends with the test. Resolves with its address when it listens, and rejects with what it
 * printed if it does not start.
 */
export async function startPythonServer(...options: readonly string[]): Promise<string> {
  const child = spawn(python, [pythonServerScript, '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errorOutput = ''
  child.stderr.on('data', (chunk) => (errorOutput += String(chunk)))
  for await (const line of createInterface(child.stdout)) {
    const [, port] = /^listening on port (\d+)$/.exec(line) ?? []
    if (port !== undefined) return `http://127.0.0.1:${port}`
  }
  throw new Error(`the server in Python has ended: ${errorOutput}`)
}
