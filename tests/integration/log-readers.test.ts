// The server keeps working, and can be stopped, if the reader of its log is gone or does not read.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

/** A named pipe with file descriptors for both ends. */
interface Pipe {
  readonly path: string
  readonly readEnd: number
  readonly writeEnd: number
}

function createPipe(): Pipe {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { path, readEnd, writeEnd: openSync(path, constants.O_WRONLY) }
}

/** Writes to the pipe until it is full. Returns false if a write fails for another reason. */
function fill({ path }: Pipe): boolean {
  const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(filler, Buffer.alloc(4096))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN'
  } finally {
    closeSync(filler)
  }
}

const readers = [
  ['is gone', ({ readEnd }: Pipe) => closeSync(readEnd)],
  [
    'does not read',
    (pipe: Pipe) => {
      onTestFinished(() => closeSync(pipe.readEnd))
      expect(fill(pipe)).toBe(true)
    },
  ],
] as const

for (const format of ['json', 'pretty']) {
  test.for(readers)(`keeps serving if the log reader %s (${format})`, async ([, prepare]) => {
    const pipe = createPipe()
    prepare(pipe)
    const child = spawn(process.execPath, [cli, '--dev'], {
      env: { PATH: process.env['PATH'], ICE_SERVERS: '', PORT: '0', LOG_FORMAT: format },
      stdio: ['ignore', pipe.writeEnd, pipe.writeEnd, 'ipc'],
    })
    closeSync(pipe.writeEnd)
    onTestFinished(() => void child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    const [{ url }] = (await once(child, 'message')) as [{ url: string }]
    // Each signal causes a log line.
    for (let time = 1; time <= 3; time++) child.kill('SIGHUP')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })
}
