// A call must not end because a page is frozen, a tab is hidden or the network is lost.
import type { BuddyServerOptions } from '@buddy-chat/server'
import { expect } from 'vitest'
import type { BreakableNetwork } from '../breakable-network.ts'
import { createBreakableNetwork } from '../breakable-network.ts'
import type { RunningServer } from '../server-fixture.ts'
import { test as base } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

/** A call between Ana, whose page or network the test disturbs, and Bob. */
interface Call {
  readonly server: RunningServer['server']
  /** The network between Ana and the server. */
  readonly network: BreakableNetwork
  readonly ana: Visitor
  readonly bob: Visitor
}

const test = base.extend<{
  /** Starts a server and a call between two browsers. Resolves when both have received media. */
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
      await Promise.all([recordEvents(ana), recordEvents(bob)])
      await meet(ana, bob)
      await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
      await Promise.all([takeEvents(ana), takeEvents(bob)])
      return { server, network, ana, bob }
    })
    for (const network of networks) network.close()
  },
})

/** The client emits these events only if its connection to the server or to the partner changes. */
const eventNames = ['welcome', 'retry', 'interruption', 'partner-away', 'leave']

interface Page {
  clientEvents: string[]
}

/** From now on, records the client's events. */
function recordEvents({ page }: Visitor): Promise<void> {
  return page.$eval(
    'buddy-chat',
    (element, all) => {
      const { client } = element as unknown as {
        client: { on(name: string, listener: (detail: unknown) => void): void }
      }
      const memory = Object.assign(window, { clientEvents: [] as string[] })
      for (const name of all) {
        client.on(name, (detail) => {
          const { isResumed, isAway, step } = detail as Record<string, unknown>
          memory.clientEvents.push([name, isResumed ?? isAway ?? step ?? ''].join(' ').trim())
        })
      }
    },
    eventNames,
  )
}

/** Returns the events recorded so far, and clears the record. */
const takeEvents = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() => (window as unknown as Page).clientEvents.splice(0))

/** Resolves when this event has been recorded. */
async function waitForEvent({ page }: Visitor, wanted: string): Promise<void> {
  await page.waitForFunction(
    (what) => (window as unknown as Page).clientEvents.includes(what),
    { polling: 50 },
    wanted,
  )
}

/** Checks that the same call is connected again, although no visitor has done anything. */
async function expectRestored({ server, ana, bob }: Call): Promise<void> {
  await Promise.all([ana, bob].map((visitor) => visitor.waitForMedia()))
  await expect.poll(() => ana.text()).not.toMatch(/out of reach|interrupted/i)
  await expect.poll(() => bob.text()).not.toMatch(/out of reach|interrupted/i)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
  expect(server.status()).toMatchObject({ users: 2, away: 0, rooms: 1, matches: 1 })
}

test('if the connection of a frozen page breaks, the page resumes its session when it thaws', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob, network } = call
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  network.disconnect()
  // Chromium also closes the sockets of a frozen page. The page receives the event only when it
  // thaws.
  await bob.waitForText('Ana’s connection is interrupted…')
  // Cameras and encoders continue while a page is frozen.
  await bob.waitForMedia()

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await ana.waitForText('The server is out of reach. Your call goes on.')
  network.restore()
  await waitForEvent(ana, 'welcome true')
  await expectRestored(call)
})

test('a text to a frozen page is queued, and delivered once when the page thaws', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob } = call
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  // The partner sees that Ana cannot receive messages now. Video continues, because it needs no
  // script.
  await bob.waitForText('Ana’s connection is interrupted…')
  await bob.waitForMedia(20)
  await bob.type('text-input', 'written meanwhile')
  await bob.press('send-button')

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await ana.waitForText('written meanwhile')
  expect((await ana.text()).match(/written meanwhile/g)).toHaveLength(1)
  await expectRestored(call)
  expect(await takeEvents(ana)).toEqual(['retry', 'welcome true'])
})

test('a frozen page is not matched, and returns to the queue when it thaws', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const page = (name: string): string => `${url}/?name=${name}&mode=text`
  const [ana, bob] = await Promise.all([visit(page('Ana')), visit(page('Bob'))])
  await ana.press('start-button')
  await ana.waitForState('waiting')
  const chromium = await ana.page.createCDPSession()
  await chromium.send('Page.setWebLifecycleState', { state: 'frozen' })
  await expect.poll(() => server.status()).toMatchObject({ away: 1, waiting: 0 })
  await bob.press('start-button')
  await bob.waitForState('waiting')

  await chromium.send('Page.setWebLifecycleState', { state: 'active' })
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  expect(server.status()).toMatchObject({ users: 2, rooms: 1, matches: 1 })
})

test('a call continues in a hidden tab; when the tab is visible again, the client reconnects if the server does not answer', async ({
  startCall,
}) => {
  // The client checks its connection when the tab becomes visible. Without that check, it would
  // notice the failure only after two minutes.
  const call = await startCall({ pingIntervalMs: 60_000 })
  const { ana, bob, network } = call
  const other = await ana.page.browserContext().newPage()
  await other.bringToFront()
  await ana.page.waitForFunction(() => document.visibilityState === 'hidden', { polling: 50 })
  await Promise.all([ana.waitForMedia(), bob.waitForMedia(20)])
  network.blackhole()

  await ana.page.bringToFront()
  await waitForEvent(ana, 'welcome true')
  await expectRestored(call)
  expect(await takeEvents(ana)).toEqual(['retry', 'welcome true'])
  expect(await takeEvents(bob)).not.toContain('partner-away true')
})

test('after offline and online, the client reconnects to the server without an interruption of media', async ({
  startCall,
}) => {
  const call = await startCall({ pingIntervalMs: 1000 })
  const { ana, bob } = call
  const before = await usernameFragment(ana)
  // Chromium's offline mode stops the traffic of sockets. It does not affect WebRTC.
  await ana.page.setOfflineMode(true)
  await ana.waitForText('The server is out of reach. Your call goes on.')
  await bob.waitForText('Ana’s connection is interrupted…')
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])

  await ana.page.setOfflineMode(false)
  await waitForEvent(ana, 'welcome true')
  // The client restarts ICE, because the machine may be in another network now. Media continues
  // meanwhile.
  await expect.poll(() => usernameFragment(ana)).not.toBe(before)
  await Promise.all([ana.waitForMedia(20), bob.waitForMedia(20)])
  await expectRestored(call)
  const events = [...(await takeEvents(ana)), ...(await takeEvents(bob))]
  expect(events.filter((each) => /interruption|leave/.test(each))).toEqual([])
})

/** Returns the local ICE username fragment (RFC 8445 §5.3), which changes with every ICE restart. */
async function usernameFragment(visitor: Visitor): Promise<string> {
  const transport = (await visitor.stats()).find(({ type }) => type === 'transport')
  return String(transport?.['iceLocalUsernameFragment'])
}
