// The checks of `buddy-server doctor` about the server, its files, its clock and its public URL. Every answer
// comes from a real server or proxy.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import type { CertificateFiles } from '../self-signed.ts'
import { writeIssued, writeSelfSigned } from '../self-signed.ts'
import { missingNginxMessage, startNginx } from '../nginx.ts'
import type { NginxChanges } from '../nginx.ts'
import { test } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import {
  adminToken,
  diagnose,
  secretKey,
} from '../../packages/buddy-server/src/doctor/diagnose.fixture.ts'
import { RawClient } from './raw-client.ts'

if (missingNginxMessage) console.log(missingNginxMessage)

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Settings of a server that listens on this port of the loopback address. */
const at = (url: string) => ({ HOST: '127.0.0.1', PORT: new URL(url).port })
/** The options of a server that has the settings of {@link diagnose}. */
const known = { host: '127.0.0.1', secretKey, allowedOrigins: ['self'] }

test('reports each mistake of the configuration, and makes the checks that do not need it', async () => {
  const all = ['configuration', 'native addon', 'own files', 'port'] as const
  expect(await diagnose(all, { MAX_ROOMS: 'many', SECRET_KEY: '' })).toEqual([
    expect.stringMatching(/^problem: MAX_ROOMS=many is not allowed: /),
    expect.stringMatching(/^ok: uWebSockets.js loads/),
    expect.stringMatching(/^ok: All files/),
  ])
  expect(await diagnose('configuration', {})).toEqual(['ok: The configuration is valid.'])
})

describe('the port', () => {
  test('that is free is ok', async () => {
    const port = await freePort()
    expect(await diagnose(['port', 'running server'], { PORT: String(port) })).toEqual([
      `ok: Port ${port} on 0.0.0.0 is free: the server can start.`,
      'skipped: No server runs here yet.',
    ])
  })

  test('that another web server has is a problem', async () => {
    const other = createHttpServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await diagnose('port', { HOST: '127.0.0.1', PORT: String(port) })).toEqual([
      `problem: Port ${port} on 127.0.0.1 is used by another program: stop it, or set PORT to another port.`,
    ])
  })

  test('at which a program does not answer is a problem, after the time limit', async () => {
    const silent = createTcpServer((socket) => socket.on('error', () => undefined))
    silent.listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const settings = { HOST: '127.0.0.1', PORT: String(port) }
    expect(await diagnose('port', settings, { timeLimitMs: 200 })).toEqual([
      expect.stringMatching(/^problem: Port .* is in use, but it does not answer in time: stop/),
    ])
  })

  test('on an address of another machine is a problem', async () => {
    const port = String(await freePort())
    expect(await diagnose('port', { HOST: '203.0.113.77', PORT: port })).toEqual([
      expect.stringMatching(
        /^problem: Cannot listen: 203\.0\.113\.77 is no address of this machine/,
      ),
    ])
  })
})

describe('a running server', () => {
  test('that is healthy and of this version is ok', async ({ startServer }) => {
    const { url } = await startServer(known)
    expect(await diagnose(['port', 'running server'], at(url))).toEqual([
      `ok: A Buddy server answers at port ${new URL(url).port} on 127.0.0.1.`,
      'ok: The server is healthy, and ready for clients.',
      expect.stringMatching(/^ok: Its version is that of this command/),
    ])
  })

  test('of another version, or with another admin token, gets a warning', async ({
    startServer,
  }) => {
    const { url } = await startServer({ ...known, adminToken })
    const settings = { ...at(url), ADMIN_TOKEN: `${adminToken} changed` }
    const found = await diagnose('running server', settings, { version: '9.9.9' })
    expect(found.slice(1)).toEqual([
      expect.stringMatching(
        /^warning: Its version is .*, and that of this command is 9\.9\.9: restart/,
      ),
      expect.stringMatching(
        /^warning: It has another ADMIN_TOKEN than this configuration: reload it/,
      ),
    ])
  })

  test('that is stopping gets a warning', async ({ startServer }) => {
    const { url, server } = await startServer({ ...known, shutdownTimeoutMs: 60_000 })
    const [one] = await RawClient.pair(url)
    void server.close()
    await one.receive('going-away')
    expect(await diagnose('running server', at(url))).toContain(
      'warning: The server is stopping, and refuses new clients: start it again.',
    )
    one.socket.close(1000)
  })
})

describe('the TLS files', () => {
  const hour = 3_600_000
  const day = 24 * hour
  const settingsOf = ({ certFile, keyFile }: CertificateFiles) => ({
    TLS_CERT_FILE: certFile,
    TLS_KEY_FILE: keyFile,
  })

  test('are skipped if there are none', async () => {
    expect(await diagnose('TLS files', {})).toEqual([
      expect.stringMatching(/^skipped: The server serves http/),
    ])
  })

  test.for([
    [
      'self-signed',
      0,
      '',
      'problem: The certificate is self-signed, which browsers do not accept: use',
    ],
    [
      'for another name',
      0,
      'https://chat.example.org',
      'is for localhost, IP Address:127.0.0.1, not for chat.example.org: obtain',
    ],
    [
      'about to expire',
      20 * day,
      '',
      'warning: The certificate expires in 9 days: does its renewal work',
    ],
    ['expired', 31 * day, '', 'problem: The certificate expired on '],
    ['of a later time', -day, '', 'problem: The certificate is valid only from '],
  ] as const)(
    'with a certificate that is %s are reported',
    async ([, laterMs, publicUrl, part]) => {
      const files = writeSelfSigned(makeFolder())
      const settings = { ...settingsOf(files), BUDDY_PUBLIC_URL: publicUrl }
      const found = await diagnose('TLS files', settings, {
        now: () => Date.now() + laterMs + hour,
      })
      expect(found.join('\n')).toContain(part)
    },
  )

  test('without the certificate of the issuer are a problem', async () => {
    expect(await diagnose('TLS files', settingsOf(writeIssued(makeFolder())))).toEqual([
      expect.stringMatching(
        /^problem: The certificate comes without its intermediate certificates: use/,
      ),
    ])
  })

  test('that do not belong together are a problem', async () => {
    const [one, other] = [writeSelfSigned(makeFolder()), writeSelfSigned(makeFolder())]
    const files = { certFile: one.certFile, keyFile: other.keyFile }
    expect(await diagnose('TLS files', settingsOf(files))).toEqual([
      `problem: ${other.keyFile}: is not the key of the certificate in ${one.certFile}.`,
    ])
  })
})

describe('the clock', () => {
  /** Starts a web server whose clock is this much ahead of this machine's. Returns its URL. */
  async function startWebServer(aheadMs: number, hasDate = true): Promise<string> {
    const server = createHttpServer((_, response) => {
      response.sendDate = false
      if (hasDate) response.setHeader('Date', new Date(Date.now() + aheadMs).toUTCString())
      response.end()
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test.for([
    [0, 'ok: The clock agrees with that of 127.0.0.1:'],
    [60_000, 'warning: The clock is '],
    [3_600_000, 'problem: The clock is '],
    [-3_600_000, ' s ahead of that of 127.0.0.1:'],
  ] as const)('compared with one that is %s ms ahead is reported', async ([aheadMs, part]) => {
    const [found] = await diagnose('clock', {}, { timeFrom: await startWebServer(aheadMs) })
    expect(found).toContain(part)
  })

  test('is not compared without a date, an answer or a source', async () => {
    const timeFrom = await startWebServer(0, false)
    expect(await diagnose('clock', {}, { timeFrom })).toEqual([
      expect.stringMatching(/^skipped: .* sends no date to compare the clock with/),
    ])
    const closed = `http://127.0.0.1:${await freePort()}`
    expect(await diagnose('clock', {}, { timeFrom: closed })).toEqual([
      expect.stringMatching(/^skipped: .*because nothing listens there: add --time-from/),
    ])
    expect(await diagnose('clock', {})).toEqual([
      expect.stringMatching(/^skipped: There is no page/),
    ])
  })
})

const throughUrl = ['public URL', 'WebSocket', 'client address'] as const

describe('the public URL of a server without a proxy', () => {
  test('is ok if it leads to this server', async ({ startServer }) => {
    const { url } = await startServer({ ...known, adminToken })
    const settings = { ...at(url), BUDDY_PUBLIC_URL: url, ADMIN_TOKEN: adminToken }
    expect(await diagnose(throughUrl, settings)).toEqual([
      `ok: ${url} leads to a Buddy server of this version.`,
      `ok: A WebSocket through ${url.replace('http', 'ws')}/ws reaches the server.`,
      'ok: The server sees the addresses of visitors, without a proxy.',
    ])
  })

  test('leaves no session and no user behind', async ({ startServer }) => {
    const { url, server } = await startServer(known)
    await diagnose('WebSocket', { ...at(url), BUDDY_PUBLIC_URL: url })
    await expect.poll(() => server.status().users).toBe(0)
  })

  test('is a problem if its certificate is not trusted', async ({ startServer }) => {
    const { certFile, keyFile } = writeSelfSigned(makeFolder())
    const { url } = await startServer({ ...known, tlsCertFile: certFile, tlsKeyFile: keyFile })
    const settings = { ...at(url), TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }
    expect(await diagnose(['port', ...throughUrl], { ...settings, BUDDY_PUBLIC_URL: url })).toEqual(
      [
        expect.stringMatching(/^ok: A Buddy server answers/),
        expect.stringMatching(
          /^problem: https:.* because its certificate is self-signed, which browsers/,
        ),
        expect.stringMatching(/^skipped: It needs a public URL/),
        expect.stringMatching(/^skipped: It needs a public URL/),
      ],
    )
  })

  test('is a problem if a server with another key answers, or nothing does', async ({
    startServer,
  }) => {
    const { url } = await startServer({
      ...known,
      secretKey: 'Q2m_another_key_than_the_doctor_has',
    })
    const settings = { ...at(url), BUDDY_PUBLIC_URL: url }
    expect(await diagnose('WebSocket', settings)).toEqual([
      expect.stringMatching(
        /^problem: .* reaches a server with another SECRET_KEY: is that another/,
      ),
    ])
    const closed = { ...settings, BUDDY_PUBLIC_URL: `http://localhost:${await freePort()}` }
    expect(await diagnose('public URL', closed)).toEqual([
      expect.stringMatching(
        /^problem: .* because nothing listens there: check the DNS, the firewall/,
      ),
    ])
  })

  test('is not asked with the admin token if a server with another key answers', async ({
    startServer,
  }) => {
    const secretKey = 'Q2m_another_key_than_the_doctor_has'
    const { url } = await startServer({ ...known, adminToken, secretKey })
    const settings = { ...at(url), BUDDY_PUBLIC_URL: url, ADMIN_TOKEN: adminToken }
    expect(await diagnose('client address', settings)).toEqual([
      expect.stringMatching(/^skipped: It needs a public URL by which a WebSocket reaches your/),
    ])
  })

  test('is a problem if a program answers the WebSocket with something else', async () => {
    const about = JSON.stringify({ status: 'healthy', service: 'buddy-server' })
    const other = createHttpServer((_, response) => response.end(about)).listen(0, '127.0.0.1')
    const sockets = new WebSocketServer({ server: other })
    sockets.on('connection', (socket) => socket.send('welcome'))
    onTestFinished(() => {
      sockets.close()
      other.close()
    })
    await once(other, 'listening')
    const url = `http://localhost:${(other.address() as AddressInfo).port}`
    expect(await diagnose('WebSocket', { ...at(url), BUDDY_PUBLIC_URL: url })).toEqual([
      expect.stringMatching(/^problem: .* because it sends what no Buddy server sends: /),
    ])
  })

  test('gets a warning if the server is full', async ({ startServer }) => {
    const { url } = await startServer({ ...known, maxUsers: 1 })
    await RawClient.join(url, 'Ana')
    expect(await diagnose('WebSocket', { ...at(url), BUDDY_PUBLIC_URL: url })).toEqual([
      expect.stringMatching(/^warning: .* but the server refuses this client: server-full\.$/),
    ])
  })

  test('is skipped if it is not set, or if this machine has no server yet', async () => {
    expect(await diagnose('public URL', {})).toEqual([
      expect.stringMatching(/^skipped: PUBLIC_URL is not set/),
    ])
    const port = String(await freePort())
    const settings = { PORT: port, BUDDY_PUBLIC_URL: `http://localhost:${port}` }
    expect(await diagnose('public URL', settings)).toEqual([
      expect.stringMatching(/^skipped: Start the server, and run the doctor again/),
    ])
  })
})

describe.skipIf(missingNginxMessage)('the public URL of a server behind nginx', () => {
  async function startProxy(
    target: string,
    changes: NginxChanges = {},
    path = '/',
  ): Promise<string> {
    const { origin, stop } = await startNginx(target, path, changes)
    onTestFinished(stop)
    return `${origin}${path}`
  }

  test('is ok with the proxy of the page, also below a path', async ({ startServer }) => {
    const { url } = await startServer({ ...known, adminToken, trustedProxies: ['127.0.0.1'] })
    const settings = { ...at(url), ADMIN_TOKEN: adminToken, TRUSTED_PROXIES: '127.0.0.1' }
    for (const path of ['/', '/chat/']) {
      const publicUrl = await startProxy(url, {}, path)
      const found = await diagnose(throughUrl, { ...settings, BUDDY_PUBLIC_URL: publicUrl })
      expect(found.map((each) => each.split(':')[0])).toEqual(['ok', 'ok', 'ok'])
    }
  })

  test('is a problem if the proxy passes no WebSockets, or no Host', async ({ startServer }) => {
    const { url } = await startServer(known)
    const noUpgrade = await startProxy(url, { without: /Upgrade|Connection/ })
    expect(await diagnose('WebSocket', { ...at(url), BUDDY_PUBLIC_URL: noUpgrade })).toEqual([
      expect.stringMatching(
        /^problem: The proxy passes requests on, but no WebSockets: let it pass/,
      ),
    ])
    const noHost = await startProxy(url, { without: /Host/ })
    expect(await diagnose('WebSocket', { ...at(url), BUDDY_PUBLIC_URL: noHost })).toEqual([
      expect.stringMatching(
        /^problem: The server refuses its own page .* let the proxy pass the Host/,
      ),
    ])
  })

  test('is a problem if the proxy does not reach the server, redirects, or serves something else', async ({
    startServer,
  }) => {
    const { url } = await startServer(known)
    const dead = await startProxy(`http://127.0.0.1:${await freePort()}`)
    const redirect = await startProxy(url, { added: ['return 301 https://www.example.org/;'] })
    const other = await startProxy(url, { added: ['return 200 "{}";'] })
    for (const [publicUrl, part] of [
      [dead, /^problem: The proxy at .* does not reach the server \(502\): compare its target/],
      [redirect, /^problem: .* redirects to https:\/\/www\.example\.org: set PUBLIC_URL to/],
      [other, /^problem: .*healthz answers 200, and not as a Buddy server does: let the proxy/],
    ] as const) {
      const found = await diagnose('public URL', { ...at(url), BUDDY_PUBLIC_URL: publicUrl })
      expect(found).toEqual([expect.stringMatching(part)])
    }
  })

  const bind = { added: ['proxy_bind 127.0.0.2;'] }
  test.for([
    ['the proxy is not trusted', bind, {}, 'problem: The server takes the address of a proxy for'],
    [
      'another proxy is trusted',
      bind,
      { TRUSTED_PROXIES: '10.0.0.1' },
      'problem: The server takes the',
    ],
    ['the proxy is trusted', bind, { TRUSTED_PROXIES: '127.0.0.2' }, 'ok: The server sees the'],
    ['the hops are right', bind, { TRUSTED_PROXY_HOPS: '1' }, 'ok: The server sees the addresses'],
    [
      'the doctor runs beside an untrusted proxy',
      {},
      {},
      'problem: The server takes the address of',
    ],
    [
      'the doctor runs beside a proxy that is not listed',
      {},
      { TRUSTED_PROXIES: '10.0.0.1' },
      'problem: The server takes',
    ],
    [
      'there are fewer hops',
      bind,
      { TRUSTED_PROXY_HOPS: '2' },
      'problem: Visitors can choose the address that limits and bans apply to: set TRUSTED_PROXY_HOPS to 1.',
    ],
    [
      'every address is trusted',
      bind,
      { TRUSTED_PROXIES: '0.0.0.0/0' },
      'problem: TRUSTED_PROXIES contains every address',
    ],
    [
      'the proxy sends no address',
      { without: /Forwarded/ },
      { TRUSTED_PROXIES: '127.0.0.1' },
      'problem: The proxy sends no X-Forwarded-For',
    ],
  ] as const)(
    'reports the client address if %s',
    async ([, changes, trust, part], { startServer }) => {
      const { TRUSTED_PROXIES, TRUSTED_PROXY_HOPS } = trust as Record<string, string | undefined>
      const { url } = await startServer({
        ...known,
        adminToken,
        trustedProxies: TRUSTED_PROXIES === undefined ? [] : [TRUSTED_PROXIES],
        trustedProxyHops: Number(TRUSTED_PROXY_HOPS ?? 0),
      })
      const publicUrl = await startProxy(url, changes)
      const settings = {
        ...at(url),
        ...trust,
        ADMIN_TOKEN: adminToken,
        BUDDY_PUBLIC_URL: publicUrl,
      }
      const [found] = await diagnose('client address', settings)
      expect(found).toContain(part)
      expect(found).not.toMatch(/127\.0\.0\.\d/)
    },
  )

  test('reports the number of proxies if there are more than the settings say', async ({
    startServer,
  }) => {
    const { url } = await startServer({ ...known, adminToken, trustedProxyHops: 1 })
    const inner = await startProxy(url)
    const publicUrl = await startProxy(new URL(inner).origin, bind)
    const settings = {
      ...at(url),
      TRUSTED_PROXY_HOPS: '1',
      ADMIN_TOKEN: adminToken,
      BUDDY_PUBLIC_URL: publicUrl,
    }
    expect(await diagnose('client address', settings)).toEqual([
      expect.stringMatching(/^problem: The server takes .* or TRUSTED_PROXY_HOPS to 2\.$/),
    ])
  })

  test('does not check the client address without an admin token', async ({ startServer }) => {
    const { url } = await startServer(known)
    expect(await diagnose('client address', { ...at(url), BUDDY_PUBLIC_URL: url })).toEqual([
      expect.stringMatching(/^skipped: It needs ADMIN_TOKEN/),
    ])
  })
})
