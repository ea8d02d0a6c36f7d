// What `npm run dev` does when something is wrong, and that it leaves no process.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { startDevelopment } from '../development-process.ts'

const server = 'packages/buddy-server/src/version.ts'

test('npm run dev prints errors of syntax, which leave the old server, and of types, which do not stop the new one; the server ends when npm run dev is killed', async () => {
  const development = startDevelopment()
  const url = await development.url()
  const isServing = async (): Promise<boolean> => (await fetch(`${url}/healthz`)).ok

  development.edit(server, 'version: string =', 'version: number | =')
  await development.matches(/version\.ts\(\d+,\d+\): error TS\d+/)
  await development.writes('The server did not restart; the old one stays.')
  expect(await isServing()).toBe(true)
  development.edit(server, 'version: number | =', 'version: number =')
  await development.matches(/version\.ts\(\d+,\d+\): error TS2322/)
  await development.writes('The server has restarted')
  expect(await isServing()).toBe(true)

  development.child.kill('SIGKILL')
  // The server has the same output, which is closed when the last process has ended.
  await development.exited
  // Two complete builds and type checks, beside other tests.
}, 180_000)

test('npm run dev names a port that is taken, and the flag that sets another one', async () => {
  const other = createServer().listen(0, 'localhost')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const development = startDevelopment({ port })
  expect(await development.exited).toBe(1)
  expect(development.output()).toBe(`Port ${port} is taken. Set another one with --port.\n`)
})
