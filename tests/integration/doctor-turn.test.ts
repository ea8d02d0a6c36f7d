// The checks of `buddy-server doctor` about STUN and TURN, with a real coturn for each result.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  turnConfig,
  turnConfigDefaults,
} from '../../packages/buddy-server/src/commands/turn-config.ts'
import { defaultOptions } from '../../packages/buddy-server/src/config/server-settings.ts'
import { iceCredentials } from '../../packages/buddy-server/src/sites/ice-credentials.ts'
import { openTurnClient } from '../../packages/buddy-server/src/turn/turn-client.ts'
import { freePort } from '../server-process.ts'
import {
  coturnFolder,
  coturnUser,
  missingCoturnMessage,
  startCoturn,
  writeCoturnCertificate,
} from './coturn.ts'
import { diagnose } from '../../packages/buddy-server/src/doctor/diagnose.fixture.ts'

if (missingCoturnMessage) console.log(missingCoturnMessage)

const turnSecret = 'eT4vQ8xN2mZ6bK1cR7pH3jF9sD5gA0wL'

/** The file of `turn-config` for these URLs, on the loopback address. */
function fileFor(urls: readonly string[], isKeyReadable = true): string {
  const { certFile, keyFile } = writeCoturnCertificate(coturnFolder(), isKeyReadable)
  return turnConfig(
    { ...defaultOptions, turnUrls: urls, turnSecret },
    {
      ...turnConfigDefaults,
      listeningIp: '127.0.0.1',
      turnCert: certFile,
      turnKey: keyFile,
      turnUser: coturnUser.name,
    },
  )
}

const settingsFor = (urls: readonly string[]) => ({
  TURN_URLS: urls.join(','),
  TURN_SECRET: turnSecret,
})

/** Returns the findings about TURN, without the notes that every TURN server on the loopback address gets. */
async function diagnoseTurn(
  ...given: Parameters<typeof diagnose> extends [unknown, ...infer R] ? R : never
) {
  const found = await diagnose('TURN', ...given)
  return found.filter((each) => !/has a private address|Whether packets reach/.test(each))
}

describe.skipIf(missingCoturnMessage)('a TURN server', () => {
  test('with the file of turn-config is ok over UDP and TCP, and has an untrusted certificate over TLS', async () => {
    const [plain, secure] = [await freePort(), await freePort()]
    const urls = [
      `turn:127.0.0.1:${plain}`,
      `turn:127.0.0.1:${plain}?transport=tcp`,
      `turns:127.0.0.1:${secure}?transport=tcp`,
    ]
    await startCoturn(fileFor(urls))
    expect(await diagnoseTurn(settingsFor(urls))).toEqual([
      `ok: ${urls[0]} accepts TURN_SECRET, and gives an allocation.`,
      `ok: ${urls[1]} accepts TURN_SECRET, and gives an allocation.`,
      `problem: The certificate of ${urls[2]} is self-signed, which browsers do not accept: browsers do not use it.`,
      `ok: ${urls[0]} relays to public IPv4 addresses only.`,
    ])
    expect(await diagnose('TURN', settingsFor(urls))).toContain(
      `warning: ${urls[0]} has a private address: visitors outside your network cannot reach it.`,
    )
    expect(await diagnose('STUN', { ICE_SERVERS: `stun:127.0.0.1:${plain}` })).toEqual([
      `ok: stun:127.0.0.1:${plain} answers.`,
    ])
  })

  test('with another secret is distinguished from one that does not answer', async () => {
    const url = `turn:127.0.0.1:${await freePort()}`
    await startCoturn(fileFor([url]).replace(turnSecret, 'another secret'))
    const sites = [
      { key: 'forum', allowed_origins: ['https://127.0.0.1'], turn_secret: 'another secret' },
    ]
    expect(await diagnoseTurn({ ...settingsFor([url]), SITES: JSON.stringify(sites) })).toEqual([
      expect.stringMatching(
        /^problem: turn:.* answers, but does not accept TURN_SECRET: compare it/,
      ),
      `ok: ${url} accepts turn_secret of site forum, and gives an allocation.`,
      `ok: ${url} relays to public IPv4 addresses only.`,
    ])

    const closed = `turn:127.0.0.1:${await freePort()}`
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const mute = `turn:127.0.0.1:${silent.address().port}`
    const unknown = 'turn:no-such-host.invalid'
    const urls = [closed, `${closed}?transport=tcp`, mute, unknown]
    expect(await diagnoseTurn(settingsFor(urls), { timeLimitMs: 400 })).toEqual([
      expect.stringMatching(
        /^problem: .* because nothing listens there: start .* open UDP \d+ in its/,
      ),
      expect.stringMatching(
        /^problem: .* because nothing listens there: start .* open TCP \d+ in its/,
      ),
      expect.stringMatching(
        /^problem: .* because it does not answer in time: start the TURN server/,
      ),
      expect.stringMatching(/^problem: turn:no-such-host\.invalid cannot be reached, because/),
    ])
    expect(await diagnose('STUN', { ICE_SERVERS: closed.replace('turn', 'stun') })).toEqual([
      expect.stringMatching(
        /^warning: stun:.* because nothing listens there: browsers that need it/,
      ),
    ])
  })

  test('whose user may not read the key of the certificate is recognised', async () => {
    const [plain, secure] = [await freePort(), await freePort()]
    const urls = [`turn:127.0.0.1:${plain}`, `turns:127.0.0.1:${secure}?transport=tcp`]
    await startCoturn(fileFor(urls, false))
    expect((await diagnoseTurn(settingsFor(urls)))[1]).toMatch(
      /^problem: turns:.* nothing listens there, although this TURN server answers without TLS: its user can probably not read the certificate or its key \(its log/,
    )
  })

  test('that relays to internal addresses is a problem', async () => {
    const url = `turn:127.0.0.1:${await freePort()}`
    const open = fileFor([url]).replace(/^denied-peer-ip=.*$/gm, '')
    await startCoturn(open, ['--relay-ip=::1'])
    expect(await diagnoseTurn(settingsFor([url]))).toEqual([
      expect.stringMatching(/^ok: /),
      expect.stringMatching(
        /^problem: .* relays to internal addresses \(10\.0\.0\.1, 172\.16\.0\.1, 192\.168\.0\.1, 169\.254\.169\.254, 100\.64\.0\.1\), so everyone/,
      ),
      expect.stringMatching(
        /^problem: .* relays to internal addresses \(.*fd00::1, fe80::1.*\), so/,
      ),
    ])
  })

  test('that refuses every peer is a problem', async () => {
    const url = `turn:127.0.0.1:${await freePort()}`
    await startCoturn(`${fileFor([url])}\ndenied-peer-ip=::`)
    expect((await diagnoseTurn(settingsFor([url])))[1]).toMatch(
      /^problem: .* refuses every IPv4 peer, so it relays no call: does a denied-peer-ip begin/,
    )
  })

  test('that gives allocations to everyone is a problem', async () => {
    const url = `turn:127.0.0.1:${await freePort()}`
    await startCoturn(fileFor([url]).replace(/^(use-auth-secret|static-auth.*)$/gm, 'no-auth'))
    expect((await diagnoseTurn(settingsFor([url])))[0]).toBe(
      `problem: ${url} relays for everyone, without credentials: set use-auth-secret.`,
    )
  })

  test.for([
    [
      'total-quota=1',
      /^problem: .* has no allocation left \(486\): raise user-quota and total-quota/,
    ],
    [
      'min-port=50000\nmax-port=50000',
      /^problem: .* has no relay port left \(508\): widen min-port/,
    ],
  ] as const)('that others use up (%j) is a problem', async ([limit, message]) => {
    const port = await freePort()
    const url = `turn:127.0.0.1:${port}`
    const file = fileFor([url]).replace(/^(total-quota|min-port|max-port).*$/gm, '')
    await startCoturn(`${file}\n${limit.replaceAll('PORT', String(await freePort()))}`)
    const client = await openTurnClient(
      { transport: 'udp', address: '127.0.0.1', port, serverName: 'localhost' },
      AbortSignal.timeout(5000),
    )
    onTestFinished(() => client.close())
    const secret = { secret: turnSecret, user: 'other', ttlMs: 60_000, nowMs: Date.now() }
    await client.allocate(iceCredentials(secret), 4)
    expect((await diagnoseTurn(settingsFor([url])))[0]).toMatch(message)
  })

  test('whose clock differs is distinguished from one with another secret', async () => {
    const url = `turn:127.0.0.1:${await freePort()}`
    await startCoturn(fileFor([url]))
    const twoHoursMs = 7_200_000
    const now = (): number => Date.now() - twoHoursMs
    expect(await diagnoseTurn(settingsFor([url]), { now })).toEqual([
      expect.stringMatching(/^problem: .* takes its credentials for expired: the clocks of this/),
    ])
  })

  test('with a fixed user and password is checked too', async () => {
    const port = await freePort()
    const url = `turn:127.0.0.1:${port}`
    const file = fileFor([url]).replace(/^(use-auth-secret|static-auth.*)$/gm, '')
    await startCoturn(`${file}\nlt-cred-mech\nuser=ana:correct`)
    const serversWith = (credential: string) => ({
      ICE_SERVERS: JSON.stringify([{ urls: url, username: 'ana', credential }]),
    })
    expect((await diagnoseTurn(serversWith('correct')))[0]).toBe(
      `ok: ${url} accepts ICE_SERVERS, and gives an allocation.`,
    )
    expect(await diagnoseTurn(serversWith('wrong'))).toEqual([
      expect.stringMatching(/^problem: .* answers, but does not accept ICE_SERVERS/),
    ])
  })
})

test('without a TURN server there is a warning', async () => {
  expect(await diagnose(['STUN', 'TURN'], {})).toEqual([
    'skipped: ICE_SERVERS has no STUN server. A TURN server is one too.',
    expect.stringMatching(/^warning: There is no TURN server: calls fail that find no direct path/),
  ])
})
