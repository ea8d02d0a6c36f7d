// A server near its limit of open files refuses new clients with `server-full`, and keeps working.
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')
const limit = 160

/** Starts a server whose process may have at most {@link limit} open files. */
async function startLimited(): Promise<{ readonly url: string } & Pick<WatchedProcess, 'writes'>> {
  const script = `ulimit -n ${limit} && exec "$0" "$@"`
  const child = spawn('sh', ['-c', script, process.execPath, cli, '--dev'], {
    env: { PATH: process.env['PATH'], ICE_SERVERS: '', PORT: '0', LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { url, writes } = watchProcess(child)
  return { url: await url(), writes }
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
    if (socket.closed) resolve()
  })

test('refuses new clients with `server-full`, and keeps relaying for the others', async () => {
  const { url, writes } = await startLimited()
  await writes('too low for MAX_CONCURRENT_USERS')
  const [one, other] = await RawClient.pair(url)
  const max = await metric(url, 'buddy_sockets_max')
  expect(max).toBeLessThan(limit - 32)
  const idle: Socket[] = []
  const occupy = (count: number): void => {
    for (let time = 1; time <= count; time++) {
      idle.push(connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined))
    }
  }
  onTestFinished(() => {
    for (const socket of idle) socket.destroy()
  })

  occupy(Math.ceil(max * 0.95) - (await metric(url, 'buddy_sockets')))
  await writes('new clients are refused')
  const late = await RawClient.connect(url)
  expect(await late.receive('error')).toMatchObject({ code: 'server-full', retryAfterMs: 10_000 })
  expect((await late.closed()).reason).toBe('server-full')

  // The server closes connections above the limit at once, so that they do not wait in the backlog.
  const before = idle.length
  occupy(limit)
  await Promise.all(idle.slice(before + Math.floor(max * 0.05) + 1).map(closed))
  await expectTextsRelayed(one, other)

  for (const socket of idle) socket.destroy()
  await writes('well below the limit of open files again')
  await RawClient.join(url, 'Newcomer')
})
