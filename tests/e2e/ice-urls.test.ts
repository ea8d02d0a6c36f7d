// One ICE URL that a browser refuses ends every call, unless it is left out.
import { expect, vi } from 'vitest'
import { badIceUrls, goodIceUrls } from '../ice-urls.ts'
import { test as base } from './fixtures.ts'
import type { OtherIceServers } from './other-ice-servers.ts'
import { nameOtherIceServers } from './other-ice-servers.ts'
import type { Person } from './person.ts'

const test = base.extend<{
  readonly nameIceServers: (
    ...given: Parameters<typeof nameOtherIceServers>
  ) => Promise<OtherIceServers>
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  nameIceServers: async ({}, use) => {
    const others: OtherIceServers[] = []
    await use(async (...given) => {
      const other = await nameOtherIceServers(...given)
      others.push(other)
      return other
    })
    await Promise.all(others.map((other) => other.close()))
  },
})

/** The URLs of this list with which the page's browser makes no connection. */
const refusedBy = ({ page }: Person, urls: readonly string[]): Promise<string[]> =>
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

/** Entries of eight URLs each, as many as fit. */
const entriesOf = (urls: readonly string[]) =>
  Array.from({ length: Math.ceil(urls.length / 8) }, (_, index) => ({
    urls: urls.slice(8 * index, 8 * index + 8),
    username: 'u',
    credential: 'c',
  }))

const bad = Object.keys(badIceUrls)

/** How often clients have reported it. */
async function reports(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/buddy_call_failures_total\{reason="ice-url-refused"\} (\d+)/.exec(text)?.[1] ?? 0)
}

test('what the server accepts both browsers accept, and what it refuses at least one of them does', async ({
  startServer,
  visit,
  visitWithFirefox,
}) => {
  const { url } = await startServer()
  const people = await Promise.all([visit(url), visitWithFirefox(url)])
  const all = [...goodIceUrls, ...bad]
  const refused = new Set((await Promise.all(people.map((who) => refusedBy(who, all)))).flat())
  expect([...refused].sort()).toEqual([...bad].sort())
})

test('a server that names bad ICE URLs: both browsers call all the same, and the operator learns it once', async ({
  startServer,
  visit,
  visitWithFirefox,
  hostPage,
  nameIceServers,
}) => {
  const { url } = await startServer()
  const other = await nameIceServers(url, entriesOf(bad))
  const page = await hostPage(
    `<!doctype html><title>A site</title><script src="${url}/buddy-chat.js"></script>
     <style>buddy-chat { height: 400px }</style><buddy-chat server="${other.url}"></buddy-chat>`,
  )
  const people = await Promise.all([visit(page), visitWithFirefox(page)])
  const warnings: string[] = []
  people[0].page.on('console', (line) => {
    if (line.type() === 'warn') warnings.push(line.text())
  })
  await Promise.all(people.map((who) => who.press('start-button')))
  await Promise.all(people.map((who) => who.is('connected')))
  await Promise.all(people.map((who) => who.receivesMedia()))
  // Renewed in the call, they are as bad, and one that is new is reported anew.
  other.renew(entriesOf([...bad, 'turn://renewed']))
  await vi.waitFor(async () => expect(await reports(url)).toBe(4), { timeout: 10_000 })
  await Promise.all(people.map((who) => who.receivesMedia()))
  expect(await Promise.all(people.map(async (who) => (await who.record()).events.length))).toEqual([
    1, 1,
  ])
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toContain('turns://h')
  expect(warnings[1]).toContain('turn://renewed')
})

test('the doctor names the bad ICE URL', async ({
  startServer,
  visit,
  hostPage,
  nameIceServers,
}) => {
  const { url } = await startServer()
  const other = await nameIceServers(url, entriesOf(['turn:127.0.0.1:9', 'turn:h?transport=tls']))
  const ana = await visit(
    await hostPage(
      `<!doctype html><title>A site</title><script src="${url}/buddy-chat.js"></script>
       <style>buddy-chat { height: 400px }</style><buddy-chat server="${other.url}"></buddy-chat>`,
    ),
  )
  const checks = await ana.page.$eval('buddy-chat', async (element) => {
    const chat = element as unknown as { showDoctor(): Promise<void>; renderRoot: ShadowRoot }
    await chat.showDoctor()
    const rows = [...chat.renderRoot.querySelectorAll<HTMLElement>('[part~="check"]')]
    return Object.fromEntries(rows.map((row) => [row.part[1], row.dataset['code']]))
  })
  // The one that is left is looked at by itself.
  expect(checks).toMatchObject({
    'check-ice-servers': 'ice-url-refused',
    'check-turn-udp': 'turn-unreachable',
    'check-webrtc': 'ok',
  })
  await ana.sees('turn:h?transport=tls')
})

test('relayonly, and no TURN URL is left: it says that the address could not be hidden', async ({
  startServer,
  visit,
  hostPage,
  nameIceServers,
}) => {
  const { url } = await startServer()
  const other = await nameIceServers(url, entriesOf(['turn://h']))
  const ana = await visit(
    await hostPage(
      `<!doctype html><title>A site</title><script src="${url}/buddy-chat.js"></script>
       <style>buddy-chat { height: 400px }</style>
       <buddy-chat relayonly server="${other.url}"></buddy-chat>`,
    ),
  )
  await ana.press('start-button')
  await ana.is('closed')
  await ana.sees('Your address could not be hidden')
})
