import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeSelfSigned } from '../../../../tests/self-signed.ts'
import { checkHealth } from './healthcheck.ts'

/** Resolves with the port of a server on the loopback interface, which is closed when the test ends. */
async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  onTestFinished(() => void server.close())
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test.for(['127.0.0.1', '0.0.0.0', '::'])(
  'succeeds if a server with host %s is ready',
  async (host) => {
    const paths: (string | undefined)[] = []
    const server = createServer(({ url }, response) => {
      paths.push(url)
      response.end('{"status":"ready"}')
    })
    const port = await listen(server)
    await checkHealth({ host, port, tlsCertFile: '' })
    expect(paths).toEqual(['/readyz'])
  },
)

test('asks a server with TLS by https, and accepts a certificate for its public name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-healthcheck-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { certFile, keyFile } = writeSelfSigned(folder)
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const server = createTlsServer(files, (_, response) => void response.end())
  await checkHealth({ host: '0.0.0.0', port: await listen(server), tlsCertFile: certFile })
})

test('fails with the answer of a server that is not ready', async () => {
  const server = createServer((_, response) => response.writeHead(503).end('{"status":"draining"}'))
  const port = await listen(server)
  await expect(checkHealth({ host: '127.0.0.1', port, tlsCertFile: '' })).rejects.toThrow(
    `http://127.0.0.1:${port}/readyz answers 503: {"status":"draining"}`,
  )
})

test('fails with the reason if no server listens', async () => {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await expect(checkHealth({ host: '127.0.0.1', port, tlsCertFile: '' })).rejects.toThrow(
    /does not answer: .*ECONNREFUSED/,
  )
})
