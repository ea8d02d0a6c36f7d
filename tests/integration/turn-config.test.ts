// `buddy-server turn-config`, and a real coturn that runs with the file that it prints.
import { spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished } from 'vitest'
import type { StunTarget } from '../../packages/buddy-server/src/turn/stun-channel.ts'
import type { TurnClient, TurnRefusal } from '../../packages/buddy-server/src/turn/turn-client.ts'
import { openTurnClient } from '../../packages/buddy-server/src/turn/turn-client.ts'
import { deniedPeers } from '../../packages/buddy-server/src/turn/denied-peers.ts'
import { test } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import {
  coturnFolder,
  coturnUser,
  missingCoturnMessage,
  startCoturn,
  writeCoturnCertificate,
} from './coturn.ts'
import { RawClient } from './raw-client.ts'

if (missingCoturnMessage) console.log(missingCoturnMessage)

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1')
if (!hasIpv6) console.log('Skipped: IPv6 addresses behind a TURN server (this machine has no ::1).')

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')
const turnSecret = 'k7#Wq 2:LmZ/9=xTb4+Vn8RcYp3Hs6Jd='

/** Runs `buddy-server turn-config` with these settings, and returns what it prints. */
function turnConfig(turnUrls: readonly string[], ...flags: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'turn-config', `--turn-user=${coturnUser.name}`, ...flags],
    {
      encoding: 'utf8',
      env: {
        SECRET_KEY: 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c',
        ALLOWED_ORIGINS: 'self',
        TURN_URLS: turnUrls.join(','),
        TURN_SECRET: turnSecret,
      },
    },
  )
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

async function openClient(target: Omit<StunTarget, 'serverName'>): Promise<TurnClient> {
  const client = await openTurnClient(
    { serverName: 'localhost', ...target },
    AbortSignal.timeout(5000),
  )
  onTestFinished(() => client.close())
  return client
}

describe.skipIf(missingCoturnMessage)('coturn with the printed file', () => {
  test('gives allocations over UDP, TCP and TLS to users of the server only, and relays to public addresses only', async ({
    startServer,
  }) => {
    const [plain, secure] = [await freePort(), await freePort()]
    const turnUrls = [
      `turn:127.0.0.1:${plain}`,
      `turn:127.0.0.1:${plain}?transport=tcp`,
      `turns:127.0.0.1:${secure}?transport=tcp`,
    ]
    const { certFile, keyFile } = writeCoturnCertificate(coturnFolder())
    const text = turnConfig(
      turnUrls,
      '--listening-ip=127.0.0.1',
      `--turn-cert=${certFile}`,
      `--turn-key=${keyFile}`,
    )
    // The second relay address is for the ranges of IPv6.
    await startCoturn(text, hasIpv6 ? ['--relay-ip=::1'] : [])

    const { url } = await startServer({ turnUrls, turnSecret })
    const visitor = await RawClient.connect(url)
    visitor.sendHello()
    const { iceServers } = await visitor.receive('welcome')
    const { username, credential } = iceServers.find(({ urls }) => urls.includes(turnUrls[0]!))!
    const credentials = { username: username!, credential: credential! }

    for (const [transport, port] of [
      ['tcp', plain],
      ['tls', secure],
      ['udp', plain],
    ] as const) {
      const client = await openClient({ transport, port, address: '127.0.0.1' })
      expect((await client.allocate(credentials, 4)).isOpenToAll).toBe(false)
      await client.permit('8.8.8.8')
      await expect(client.permit('10.0.0.1')).rejects.toMatchObject({ code: 403 })
      await client.release()
      const stranger = await openClient({ transport, port, address: '127.0.0.1' })
      const wrong = stranger.allocate({ ...credentials, credential: 'd3Jvbmc=' }, 4)
      await expect(wrong).rejects.toMatchObject({ code: 401 })
    }

    const ends = deniedPeers.flatMap(([, ...ranges]) => ranges.flatMap((range) => range.split('-')))
    for (const family of hasIpv6 ? ([4, 6] as const) : ([4] as const)) {
      const client = await openClient({ transport: 'udp', port: plain, address: '127.0.0.1' })
      await client.allocate(credentials, family)
      const peers = ends.filter((address) => address.includes(':') === (family === 6))
      const answers = await Promise.all(
        peers.map((peer) =>
          client.permit(peer).then(
            () => `${peer} is allowed`,
            (error: TurnRefusal) => error.code,
          ),
        ),
      )
      expect(answers).toEqual(peers.map(() => 403))
      await client.permit(family === 4 ? '1.1.1.1' : '2606:4700::1111')
    }
  })

  test('does not listen for TLS if its user may not read the key, and still answers at the other port', async () => {
    const [plain, secure] = [await freePort(), await freePort()]
    const { certFile, keyFile } = writeCoturnCertificate(coturnFolder(), false)
    const text = turnConfig(
      [`turn:h:${plain}`, `turns:h:${secure}`],
      '--listening-ip=127.0.0.1',
      `--turn-cert=${certFile}`,
      `--turn-key=${keyFile}`,
    )
    expect(text).toContain(`If the user ${coturnUser.name} cannot read both files, coturn starts`)
    await startCoturn(text)
    const client = await openClient({ transport: 'tcp', port: plain, address: '127.0.0.1' })
    expect((await client.binding()).address).toBe('127.0.0.1')
    const refused = openClient({ transport: 'tls', port: secure, address: '127.0.0.1' })
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('answers at a further port too', async () => {
    const [first, second] = [await freePort(), await freePort()]
    const text = turnConfig(
      [`turn:h:${first}`, `turn:h:${second}?transport=tcp`],
      '--listening-ip=127.0.0.1',
    )
    await startCoturn(text)
    const client = await openClient({ transport: 'tcp', port: second, address: '127.0.0.1' })
    expect((await client.binding()).address).toBe('127.0.0.1')
  })
})
