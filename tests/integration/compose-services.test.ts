// Caddy and Prometheus as deploy/compose.yaml runs them, with the files in deploy/, in front of a real server.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import {
  eventually,
  missingServices,
  newFolder,
  startCaddy,
  startPrometheus,
} from './deployed-services.ts'
import { RawClient } from './raw-client.ts'

const adminToken = 'b7c90a4f51d2e83649e0f6a1c87d3b25'

test.skipIf(missingServices.includes('caddy'))(
  'Caddy passes WebSockets on, and the address of the visitor, whatever the visitor claims',
  async ({ startServer }) => {
    const { url: target, server } = await startServer({
      trustedProxies: ['127.0.0.1'],
      maxConnectionsPerAddress: 1,
      allowedOrigins: ['self'],
    })
    const { url, ca } = await startCaddy(target.replace('localhost', '127.0.0.1'))
    const from = (localAddress: string, forged: string) =>
      RawClient.connect(url, {
        ca,
        localAddress,
        origin: url,
        headers: { 'X-Forwarded-For': forged },
      })
    const ana = await from('127.0.0.2', '198.51.100.1')
    ana.sendHello()
    await ana.receive('welcome')
    expect(server.status().users).toBe(1)
    const again = await from('127.0.0.2', '198.51.100.2')
    expect(await again.errorCode()).toBe('too-many-connections')
    const bob = await from('127.0.0.3', '198.51.100.1')
    bob.sendHello()
    await bob.receive('welcome')
    expect(server.status().users).toBe(2)
  },
)

test.skipIf(missingServices.includes('caddy'))(
  'Caddy lets requests wait while the server restarts',
  async ({ startServer }) => {
    const port = await freePort()
    const { url, ca, writes } = await startCaddy(`http://127.0.0.1:${port}`)
    const connecting = RawClient.connect(url, { ca })
    // If Caddy answers at once instead, the test fails with the reason.
    await Promise.race([writes('connection refused'), connecting])
    await startServer({ port })
    const client = await connecting
    client.sendHello()
    await client.receive('welcome')
  },
)

test.skipIf(missingServices.length > 0)(
  'Prometheus accepts the rules, and reads the metrics of the server with the token',
  async ({ startServer }) => {
    const { url: target } = await startServer({ adminToken })
    expect((await fetch(`${target}/metrics`)).status).toBe(401)
    const secrets = newFolder()
    writeFileSync(join(secrets, 'admin-token'), adminToken)
    const targets = [new URL(target).host]
    writeFileSync(join(secrets, 'nodes.json'), JSON.stringify([{ targets }]))
    const { url, query } = await startPrometheus(secrets)
    const [up] = await eventually(async () => {
      const result = await query('up{job="buddy"}')
      return result.length > 0 ? result : undefined
    })
    expect(up).toMatchObject({ value: [expect.any(Number), '1'] })
    expect(await query('buddy_users_max')).toHaveLength(1)
    // The rules are evaluated every 15 seconds by default; an expression that fails would be reported there.
    const rules = await (await fetch(`${url}/api/v1/rules`)).json()
    expect(rules).toMatchObject({ data: { groups: [{ name: 'buddy' }] } })
  },
)
