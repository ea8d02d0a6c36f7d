// The server terminates TLS itself, and loads a renewed certificate without closing any connection.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { expect, onTestFinished, test as plainTest } from 'vitest'
import type { Certificate } from '../certificate.ts'
import { makeCertificate } from '../certificate.ts'
import { test } from '../server-fixture.ts'
import { expectTextsRelayed, RawClient } from './raw-client.ts'
import { startCliProcess } from './cli-process.ts'

interface Files {
  readonly tlsCertFile: string
  readonly tlsKeyFile: string
  readonly write: (certificate: Certificate) => void
}

function files(first: Certificate): Files {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [tlsCertFile, tlsKeyFile] = [join(folder, 'site.crt'), join(folder, 'site.key')]
  const write = ({ cert, key }: Certificate): void => {
    writeFileSync(tlsCertFile, cert)
    writeFileSync(tlsKeyFile, key)
  }
  write(first)
  return { tlsCertFile, tlsKeyFile, write }
}

/** Resolves with the certificate that the server presents in a new handshake. */
function presentedAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '')
      socket.destroy()
    })
  })
}

async function pair(url: string, ca: string): Promise<[RawClient, RawClient]> {
  const one = await RawClient.join(url, 'One', { ca })
  one.enter()
  await one.receive('waiting')
  const other = await RawClient.join(url, 'Other', { ca })
  other.enter()
  await Promise.all([one.receive('matched'), other.receive('matched')])
  return [one, other]
}

test('serves https and wss, and returns an https URL', async ({ startServer }) => {
  const certificate = makeCertificate()
  const { tlsCertFile, tlsKeyFile } = files(certificate)
  const { url } = await startServer({ tlsCertFile, tlsKeyFile })
  expect(url).toMatch(/^https:\/\/localhost:\d+$/)
  const body = await new Promise((resolve, reject) => {
    get(`${url}/healthz`, { ca: certificate.cert, agent: false }, (response) =>
      resolve(text(response)),
    ).once('error', reject)
  })
  expect(JSON.parse(String(body))).toEqual({ status: 'healthy' })
  await expectTextsRelayed(...(await pair(url, certificate.cert)))
  await expect(fetch(url.replace('https', 'http'))).rejects.toThrow()
})

test('uses a renewed certificate for new handshakes after reload(), and keeps open connections', async ({
  startServer,
}) => {
  const [first, second] = [makeCertificate(), makeCertificate()]
  const { tlsCertFile, tlsKeyFile, write } = files(first)
  const options = { tlsCertFile, tlsKeyFile, port: 0, iceServers: [], shutdownTimeoutMs: 0 }
  const { server, url } = await startServer(options)
  const old = await pair(url, first.cert)
  write(second)
  expect(await presentedAt(url)).toBe(first.cert)
  expect(server.reload(options)).toEqual([])
  expect(await presentedAt(url)).toBe(second.cert)
  await expectTextsRelayed(...old)
  // Clients that connected before the reload can be matched with clients that connected after it.
  const [one] = old
  one.send({ type: 'leave' })
  await old[1].receive('partner-left')
  one.enter({ lobby: 'den' })
  await one.receive('waiting')
  const newcomer = await RawClient.join(url, 'Newcomer', { ca: second.cert })
  newcomer.enter({ lobby: 'den' })
  await Promise.all([one.receive('matched'), newcomer.receive('matched')])
  await expectTextsRelayed(one, newcomer)
})

test('rejects a reload whose key does not match the certificate, and changes no option', async ({
  startServer,
}) => {
  const [first, second] = [makeCertificate(), makeCertificate()]
  const { tlsCertFile, tlsKeyFile, write } = files(first)
  const options = { tlsCertFile, tlsKeyFile, port: 0, iceServers: [], maxUsers: 5 }
  const { server, url } = await startServer(options)
  write({ cert: second.cert, key: first.key })
  const site = { key: 'cafe', allowedOrigins: ['https://cafe.example'] }
  expect(() => server.reload({ ...options, maxUsers: 3, sites: [site] })).toThrow(
    `${tlsKeyFile}: is not the key of the certificate in ${tlsCertFile}`,
  )
  expect(await presentedAt(url)).toBe(first.cert)
  expect(server.status().max_users).toBe(5)
  const refusedClient = await RawClient.connect(url, {
    ca: first.cert,
    origin: 'https://cafe.example',
  })
  refusedClient.sendHello({ site: 'cafe' })
  expect(await refusedClient.errorCode()).toBe('unknown-site')
})

plainTest(
  'reloads the certificate on SIGHUP, and logs an invalid one without using it',
  async () => {
    const [first, second] = [makeCertificate(), makeCertificate()]
    const { tlsCertFile, tlsKeyFile, write } = files(first)
    const server = await startCliProcess({ TLS_CERT_FILE: tlsCertFile, TLS_KEY_FILE: tlsKeyFile })
    const old = await pair(server.url, first.cert)
    write({ cert: 'half written', key: second.key })
    server.signal('SIGHUP')
    await server.writes('configuration not reloaded')
    expect(server.output()).toContain(`${tlsCertFile}: contains no certificate in PEM format`)
    expect(await presentedAt(server.url)).toBe(first.cert)
    write(second)
    server.signal('SIGHUP')
    await server.writes('configuration reloaded')
    expect(await presentedAt(server.url)).toBe(second.cert)
    await expectTextsRelayed(...old)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  },
)
