import { expect, test } from 'vitest'
import { readConfig } from '../../config/read-config.ts'
import type { Observation } from '../finding.ts'
import { checkOrigins } from './origins.ts'

/** Names with an address; every other name has none. */
const known: Readonly<Record<string, string>> = {
  'www.example.org': '203.0.113.7',
  'chat.example.org': '203.0.113.8',
  'intranet.example.org': '10.0.0.7',
}

function check(settings: Readonly<Record<string, string>>): Promise<Observation[]> {
  const environment = { SECRET_KEY: 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c', ...settings }
  return checkOrigins(
    {
      config: readConfig({ environment }),
      version: '1',
      now: () => 0,
      timeLimitMs: 1000,
      timeFrom: undefined,
    },
    async (host) => {
      const address = known[host]
      if (address === undefined) throw Object.assign(new Error(host), { code: 'ENOTFOUND' })
      return [address]
    },
  )
}

test.for([
  ['self,https://www.example.org', 'https://chat.example.org', 'ok', 'Every allowed origin is one'],
  ['self', 'http://localhost:3000', 'ok', 'Every allowed origin is one'],
  ['https://*.example.org', '', 'warning', 'every host below example.org may connect'],
  ['http://www.example.org', '', 'warning', 'pages with https only.'],
  ['http://chat.example.org', 'https://chat.example.org', 'warning', 'write https://chat.example'],
  ['http://localhost:8080', '', 'warning', 'which is each visitor’s own machine: remove it'],
  ['https://ww.example.org', '', 'warning', 'its name cannot be resolved here: is it mistyped?'],
  ['https://intranet.example.org', '', 'warning', 'whose address is private'],
  ['self', 'http://chat.example.org', 'problem', 'PUBLIC_URL is http: browsers give camera'],
  ['https://www.example.org', 'http://chat.example.org', 'problem', 'connect to wss only'],
] as const)(
  'for ALLOWED_ORIGINS=%s and the public URL %j reports: %s, %s',
  async ([origins, publicUrl, verdict, part]) => {
    const found = await check({ ALLOWED_ORIGINS: origins, BUDDY_PUBLIC_URL: publicUrl })
    expect(found).toEqual([{ verdict, message: expect.stringContaining(part) }])
  },
)

test('warns in trial mode that every page may connect', async () => {
  const [found] = await check({ BUDDY_DEV: 'true' })
  expect(found).toMatchObject({
    verdict: 'warning',
    message: expect.stringContaining('open to every page'),
  })
})

test('checks the origins of each site, and names it', async () => {
  const sites = [{ key: 'forum', allowed_origins: ['https://forum.example.org'] }]
  const found = await check({ ALLOWED_ORIGINS: 'self', SITES: JSON.stringify(sites) })
  expect(found).toMatchObject([
    {
      verdict: 'warning',
      message: expect.stringMatching(/^allowed_origins of site forum has https/),
    },
  ])
})
