// What happens to a machine in the middle of a call: none of it is a reason to end one.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect } from 'vitest'
import type { BreakableNetwork } from '../breakable-network.ts'
import { createBreakableNetwork } from '../breakable-network.ts'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from './fixtures.ts'
import type { Person } from './person.ts'

/** Ana, to whose machine it happens, and Bob, in a call. */
interface Call {
  readonly server: RunningServer['server']
  /** Ana's way to the server. */
  readonly network: BreakableNetwork
  readonly ana: Person
  readonly bob: Person
}

const test = base.extend<{
  /** Everything, up to frames on both sides. */
  readonly startCall: (options: BuddyServerOptions) => Promise<Call>
}>({
  startCall: async ({ startServer, visit }, use) => {
    const networks: BreakableNetwork[] = []
    await use(async (options) => {
      const { server, url } = await startServer(options)
      const network = await createBreakableNetwork(url)
      networks.push(network)
      const [ana, bob] = await Promise.all([
        visit(`${network.url}/?name=Ana`),
        visit(`${url}/?name=Bob`),
      ])
      await Promise.all([listen(ana), listen(bob)])
      await Promise.all([ana.press('start-button'), bob.press('start-button')])
      await Promise.all([ana.is('connected'), bob.is('connected')])
      await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
      await Promise.all([heard(ana), heard(bob)])
      return { server, network, ana, bob }
    })
    for (const network of networks) network.close()
  },
})

/** What is told only where something has happened. */
const names = ['welcome', 'retry', 'interruption', 'partner-away', 'leave']

interface Page {
  heard: string[]
}

/** From now on: writes down what the client tells. */
function listen({ page }: Person): Promise<void> {
  return page.$eval(
    'buddy-chat',
    (element, all) => {
      const { client } = element as unknown as {
        client: { on(name: string, listener: (detail: unknown) => void): void }
      }
      const memory = Object.assign(window, { heard: [] as string[] })
      for (const name of all) {
        client.on(name, (detail) => {
          const { isResumed, isAway, step } = detail as Record<string, unknown>
          memory.heard.push([name, isResumed ?? isAway ?? step ?? ''].join(' ').trim())
        })
      }
    },
    names,
  )
}

/** What the client has told since this was asked the last time. */
const heard = ({ page }: Person): Promise<string[]> =>
  page.evaluate(() => (window as unknown as Page).heard.splice(0))

/** Resolves once the client has told this. */
async function hears({ page }: Person, wanted: string): Promise<void> {
  await page.waitForFunction(
    (what) => (window as unknown as Page).heard.includes(what),
    { polling: 50 },
    wanted,
  )
}

/** The call is as it was before, and nobody had to press anything. */
async function expectAsBefore({ server, ana, bob }: Call): Promise<void> {
  await Promise.all([ana, bob].map((person) => person.receivesMedia()))
  await expect.poll(() => ana.text()).not.toMatch(/out of reach|interrupted/i)
  await expect.poll(() => bob.text()).not.toMatch(/out of reach|interrupted/i)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
}

test('the page is frozen, and the way to the server breaks meanwhile: thawed, the session is resumed', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob, network } = call
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  network.breakDown()
  // Chromium drops the sockets of a page that it freezes, too, but tells nobody before it thaws.
  await bob.sees('Ana’s connection is interrupted…')
  // Cameras and encoders know nothing of frozen pages.
  await bob.receivesMedia()

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await ana.sees('The server is out of reach. Your call goes on.')
  network.mend()
  await hears(ana, 'welcome true')
  await expectAsBefore(call)
})

test('the page is frozen, and nothing else happens: what is written meanwhile waits, and the call goes on', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob } = call
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  // Nobody would read it now, so it is said; the picture needs no page.
  await bob.sees('Ana’s connection is interrupted…')
  await bob.receivesMedia(20)
  await bob.types('text-input', 'written meanwhile')
  await bob.press('send-button')

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await ana.sees('written meanwhile')
  expect((await ana.text()).match(/written meanwhile/g)).toHaveLength(1)
  await expectAsBefore(call)
  expect(await heard(ana)).toEqual(['retry', 'welcome true'])
})

test('the page is frozen while it waits: nobody is matched with it, and thawed it waits again', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await ana.press('start-button')
  await ana.is('waiting')
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  await expect.poll(() => server.status()).toMatchObject({ away: 1, waiting: 0 })
  await bob.press('start-button')
  await bob.is('waiting')

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await Promise.all([ana.is('connected'), bob.is('connected')])
  expect(server.status()).toMatchObject({ users: 2, rooms: 1, matches: 1 })
})

test('another tab in front: the call goes on, and a server that fell silent meanwhile is missed in seconds', async ({
  startCall,
}) => {
  // By silence alone it would be missed after two minutes.
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob, network } = call
  const other = await ana.page.browser().newPage()
  await other.bringToFront()
  await ana.page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50 })
  await Promise.all([ana.receivesMedia(), bob.receivesMedia(20)])
  network.fallSilent()

  await ana.page.bringToFront()
  await hears(ana, 'welcome true')
  await expectAsBefore(call)
  expect(await heard(ana)).toEqual(['retry', 'welcome true'])
  expect(await heard(bob)).not.toContain('partner-away true')
})

test('offline and online again: the server is missed, the path to the partner is not', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 1000 })
  const { ana, bob } = call
  const before = await ownFragment(ana)
  // To Chromium this is silence on sockets, and nothing at all to WebRTC.
  await ana.page.setOfflineMode(true)
  await ana.sees('The server is out of reach. Your call goes on.')
  await bob.sees('Ana’s connection is interrupted…')
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])

  await ana.page.setOfflineMode(false)
  await hears(ana, 'welcome true')
  // Another path is looked for, as another network may have been found; the picture does not wait.
  await expect.poll(() => ownFragment(ana)).not.toBe(before)
  await Promise.all([ana.receivesMedia(20), bob.receivesMedia(20)])
  await expectAsBefore(call)
  const told = [...(await heard(ana)), ...(await heard(bob))]
  expect(told.filter((each) => /interruption|leave/.test(each))).toEqual([])
})

/** What ICE calls itself on this side (RFC 8445 §5.3): another after every restart. */
function ownFragment({ page }: Person): Promise<string> {
  return page.$eval('buddy-chat', async (element) => {
    const { client } = element as unknown as {
      client: { getStats(): Promise<RTCStatsReport | undefined> }
    }
    const all = [...((await client.getStats())?.values() ?? [])]
    return String(all.find(({ type }) => type === 'transport')?.iceLocalUsernameFragment)
  })
}
