// If a browser rejects one ICE URL, it creates no peer connection at all. Therefore the client
// leaves such URLs out.
import { expect, vi } from 'vitest'
import { badIceUrls, goodIceUrls } from '../ice-urls.ts'
import { chatPage, test as base } from './fixtures.ts'
import type { IceServerProxy } from './ice-server-proxy.ts'
import { startIceServerProxy } from './ice-server-proxy.ts'
import type { Visitor } from './visitor.ts'

const test = base.extend<{
  readonly startProxy: (...given: Parameters<typeof startIceServerProxy>) => Promise<IceServerProxy>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
  startProxy: async ({}, use) => {
    const proxies: IceServerProxy[] = []
    await use(async (...given) => {
      const proxy = await startIceServerProxy(...given)
      proxies.push(proxy)
      return proxy
    })
    await Promise.all(proxies.map((proxy) => proxy.close()))
  },
})

/** Returns the URLs for which the `RTCPeerConnection` constructor of this browser throws. */
const refusedBy = ({ page }: Visitor, urls: readonly string[]): Promise<string[]> =>
  page.evaluate(
    (list) =>
      list.filter((url) => {
        try {
          const server = { urls: url, username: 'u', credential: 'c' }
          new RTCPeerConnection({ iceServers: [server] }).close()
          return false
        } catch {
          return true
        }
      }),
    [...urls],
  )

/** Splits `urls` into ICE server entries of up to eight URLs. */
const entriesOf = (urls: readonly string[]) =>
  Array.from({ length: Math.ceil(urls.length / 8) }, (_, index) => ({
    urls: urls.slice(8 * index, 8 * index + 8),
    username: 'u',
    credential: 'c',
  }))

const bad = Object.keys(badIceUrls)

/** Returns how many reports of the kind `ice-url-refused` the server at `url` has counted. */
async function countReports(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/buddy_call_failures_total\{reason="ice-url-refused"\} (\d+)/.exec(text)?.[1] ?? 0)
}

test('the server accepts the ICE URLs that both browsers accept, and refuses the others', async ({
  startServer,
  visit,
  visitWithFirefox,
}) => {
  const { url } = await startServer()
  const visitors = await Promise.all([visit(url), visitWithFirefox(url)])
  const all = [...goodIceUrls, ...bad]
  const refused = new Set(
    (await Promise.all(visitors.map((visitor) => refusedBy(visitor, all)))).flat(),
  )
  expect([...refused].sort()).toEqual([...bad].sort())
})

test('both browsers connect although some ICE URLs are bad, and report each bad URL once', async ({
  startServer,
  visit,
  visitWithFirefox,
  hostPage,
  startProxy,
}) => {
  const { url } = await startServer()
  const proxy = await startProxy(url, entriesOf(bad))
  const page = await hostPage(chatPage(url, `server="${proxy.url}"`))
  const visitors = await Promise.all([visit(page), visitWithFirefox(page)])
  const warnings: string[] = []
  visitors[0].page.on('console', (line) => {
    if (line.type() === 'warn') warnings.push(line.text())
  })
  await Promise.all(visitors.map((visitor) => visitor.press('start-button')))
  await Promise.all(visitors.map((visitor) => visitor.waitForState('connected')))
  await Promise.all(visitors.map((visitor) => visitor.waitForMedia()))
  // The renewed list contains the same bad URLs and a new one. Only the new one is reported.
  proxy.renew(entriesOf([...bad, 'turn://renewed']))
  await vi.waitFor(async () => expect(await countReports(url)).toBe(4), { timeout: 10_000 })
  await Promise.all(visitors.map((visitor) => visitor.waitForMedia()))
  expect(
    await Promise.all(visitors.map(async (visitor) => (await visitor.record()).events.length)),
  ).toEqual([1, 1])
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toContain('turns://h')
  expect(warnings[1]).toContain('turn://renewed')
})

test('the connection doctor shows the bad ICE URL', async ({
  startServer,
  visit,
  hostPage,
  startProxy,
}) => {
  const { url } = await startServer()
  const proxy = await startProxy(url, entriesOf(['turn:127.0.0.1:9', 'turn:h?transport=tls']))
  const ana = await visit(await hostPage(chatPage(url, `server="${proxy.url}"`)))
  const checks = await ana.page.$eval('buddy-chat', async (element) => {
    const chat = element as unknown as { showDoctor(): Promise<void>; renderRoot: ShadowRoot }
    await chat.showDoctor()
    const rows = [...chat.renderRoot.querySelectorAll<HTMLElement>('[part~="check"]')]
    return Object.fromEntries(rows.map((row) => [row.part[1], row.dataset['code']]))
  })
  // The other URL is valid and has a check of its own.
  expect(checks).toMatchObject({
    'check-ice-servers': 'ice-url-refused',
    'check-turn-udp': 'turn-unreachable',
    'check-webrtc': 'ok',
  })
  await ana.waitForText('turn:h?transport=tls')
})

test('if `relayonly` is set and no valid TURN URL is left, the element shows that the address could not be hidden', async ({
  startServer,
  visit,
  hostPage,
  startProxy,
}) => {
  const { url } = await startServer()
  const proxy = await startProxy(url, entriesOf(['turn://h']))
  const ana = await visit(await hostPage(chatPage(url, `relayonly server="${proxy.url}"`)))
  await ana.press('start-button')
  await ana.waitForState('closed')
  await ana.waitForText('Your address could not be hidden')
})
