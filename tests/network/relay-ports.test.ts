// `buddy-server doctor` in another network than the TURN server: whether packets reach the relay ports.
import { once } from 'node:events'
import { expect } from 'vitest'
import type { Finding } from '../../packages/buddy-server/src/doctor/finding.ts'
import { describeOnNetwork, test, turnByUdp, turnSecret, waitForOutput } from './fixtures.ts'
import type { Home } from './virtual-network.ts'
import { serverAddress } from './virtual-network.ts'

const cli = new URL('../../packages/buddy-server/dist/cli.js', import.meta.url).pathname

/** Runs the doctor in a home. Resolves with its findings about TURN, as `verdict: message`. */
async function diagnoseTurn({ machine }: Home): Promise<readonly string[]> {
  const child = machine.spawn(process.execPath, [cli, 'doctor', '--json', '--timeout=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      SECRET_KEY: 'jK3vQ9xT2mZ8wL5cR7bN4hF6gD1sA0pE',
      ALLOWED_ORIGINS: 'self',
      ICE_SERVERS: '',
      PORT: '0',
      TURN_URLS: turnByUdp,
      TURN_SECRET: turnSecret,
    },
  })
  let output = ''
  child.stdout?.on('data', (chunk) => (output += String(chunk)))
  await once(child, 'close')
  const { findings } = JSON.parse(output) as { findings: readonly Finding[] }
  return findings
    .filter(({ check }) => check === 'TURN')
    .map(({ verdict, message }) => `${verdict}: ${message}`)
}

describeOnNetwork('the relay ports of a TURN server', () => {
  test('are ok if packets reach them, and get a warning if a firewall drops the packets', async ({
    network,
    startTurn,
  }) => {
    await startTurn()
    const home = network.addHome('ana')
    expect(await diagnoseTurn(home)).toContain(`ok: Packets reach the relay ports of ${turnByUdp}.`)

    for (const rule of [
      'add table ip firewall',
      'add chain ip firewall input { type filter hook input priority 0; policy accept; }',
      'add rule ip firewall input udp dport 49152-65535 drop',
    ]) {
      network.server.run('nft', rule)
    }
    expect(await diagnoseTurn(home)).toContainEqual(
      expect.stringMatching(
        /^warning: No packet reaches the relay port \d+ of .*: open its UDP relay/,
      ),
    )
  })

  test('are a problem if their address is private and the server’s is not', async ({ network }) => {
    network.server.run('ip', 'address', 'add', '10.200.0.1/32', 'dev', 'lo')
    const coturn = network.server.spawn(
      'turnserver',
      [
        '-n',
        '--log-file=stdout',
        '--no-cli',
        '--no-tls',
        '--no-dtls',
        '--use-auth-secret',
        `--static-auth-secret=${turnSecret}`,
        '--realm=buddy.test',
        `--listening-ip=${serverAddress}`,
        '--relay-ip=10.200.0.1',
        '--pidfile=',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    try {
      await waitForOutput(coturn, /Total General servers/)
      expect(await diagnoseTurn(network.addHome('ana'))).toContainEqual(
        expect.stringMatching(
          /^problem: .* gives relayed addresses of a private network: set external/,
        ),
      )
    } finally {
      coturn.kill('SIGKILL')
      await once(coturn, 'exit')
    }
  })
})
