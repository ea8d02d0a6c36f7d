// On somebody else's page: from another origin, loaded twice, moved, removed, under a strict CSP.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { test as base } from './fixtures.ts'
import type { Person } from './person.ts'

const example = join(import.meta.dirname, '../../examples/script-tag/serve.mjs')

const test = base.extend<{ serveExample: (buddyServer: string) => Promise<string> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  serveExample: async ({}, use) => {
    const ends: (() => Promise<unknown>)[] = []
    await use(async (buddyServer) => {
      const env = { ...process.env, PORT: '0', BUDDY_SERVER: buddyServer }
      const child = spawn(process.execPath, [example], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      ends.push(() => {
        const ended = once(child, 'exit')
        child.kill()
        return ended
      })
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      return line.toString().trim()
    })
    await Promise.all(ends.map((end) => end()))
  },
})

function page(server: string, body = '<buddy-chat name="Ana"></buddy-chat>', scripts = 1): string {
  const script = `<script src="${server}/buddy-chat.js"></script>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>
    ${script.repeat(scripts)}<style>buddy-chat { height: 400px }</style>${body}</html>`
}

async function meet(ana: Person, bob: Person): Promise<void> {
  await Promise.all([ana.press('start-button'), bob.press('start-button')])
  await Promise.all([ana.is('connected'), bob.is('connected')])
}

test('a script tag from another origin, as in examples/script-tag, is all a site needs', async ({
  startServer,
  visit,
  serveExample,
}) => {
  const { url } = await startServer()
  const site = await serveExample(url)
  expect(new URL(site).origin).not.toBe(new URL(url).origin)
  const [guest, host] = await Promise.all([visit(site), visit(`${url}/?name=Bob`)])
  await meet(guest, host)
  await Promise.all([guest.receivesMedia(), host.receivesMedia()])
  expect(guest.complaints).toEqual([])
})

test('the script may be loaded twice', async ({ startServer, visit, hostPage }) => {
  const { url } = await startServer()
  const ana = await visit(await hostPage(page(url, undefined, 2)))
  await ana.press('start-button')
  await ana.is('waiting')
  await ana.page.addScriptTag({ url: `${url}/buddy-chat.js` })
  await ana.page.addScriptTag({ url: `${url}/buddy-chat.js`, type: 'module' })
  await ana.is('waiting')
  expect(ana.complaints).toEqual([])
})

test('moved within the page the element keeps its call, and the picture goes on', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { server, url } = await startServer()
  const body = '<main><buddy-chat name="Ana"></buddy-chat></main><aside></aside>'
  const [ana, bob] = await Promise.all([
    visit(await hostPage(page(url, body))),
    visit(`${url}/?name=Bob`),
  ])
  await meet(ana, bob)
  const { matches } = server.status()
  await ana.page.evaluate(() => {
    const chat = document.querySelector('buddy-chat')!
    document.querySelector('aside')!.append(chat)
    document.querySelector('main')!.append(chat)
    document.querySelector('aside')!.append(chat)
  })
  await ana.seesMovement()
  await Promise.all([ana.receivesMedia(), bob.receivesMedia()])
  expect(server.status().matches).toBe(matches)
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Bob' }])
  expect((await bob.record()).events).toEqual([{ name: 'match', about: 'Ana' }])
})

test('removed from the page the element releases camera and socket, and the partner is told', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { server, url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(await hostPage(page(url))),
    visit(`${url}/?name=Bob`),
  ])
  await meet(ana, bob)
  expect(await ana.liveTracks()).toBe(2)
  await ana.page.$eval('buddy-chat', (chat) => chat.remove())
  await ana.isNotRecorded()
  await bob.sees('Ana left.')
  await vi.waitFor(() => expect(server.status().users).toBe(1), 10_000)
})

test('added and removed ten times, in the middle of calls, it leaks nothing', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { server, url } = await startServer({ rematchDelayMs: 0 })
  const [ana, bob] = await Promise.all([
    visit(await hostPage(page(url))),
    visit(`${url}/?name=Bob`),
  ])
  await bob.press('start-button')
  for (let time = 1; time <= 10; time++) {
    await ana.press('start-button')
    await Promise.all([ana.is('connected'), bob.is('connected')])
    await ana.page.$eval('buddy-chat', (chat) => {
      const successor = document.createElement('buddy-chat')
      chat.replaceWith(successor)
    })
  }
  await ana.isNotRecorded()
  await vi.waitFor(() => expect(server.status()).toMatchObject({ users: 1, rooms: 0 }), 10_000)
  await ana.page.$eval('buddy-chat', (chat) => chat.remove())
  // Nothing is left of eleven elements and ten calls, as soon as the browser has wound up what it was
  // about and the last element has been away long enough. (Tracks are not counted: Chromium keeps an ended
  // one of any page, without Buddy too.)
  const prototypes = [
    'RTCPeerConnection.prototype',
    'WebSocket.prototype',
    'HTMLVideoElement.prototype',
    "customElements.get('buddy-chat').prototype",
  ]
  for (const prototype of prototypes) {
    await expect
      .poll(async () => [prototype, await countInstances(ana, prototype)])
      .toEqual([prototype, 0])
  }
})

/**
 * How many live objects of the page inherit from `prototype`, after a garbage collection. The elements in
 * the templates of Lit do not count: they stay, one of each kind, in a document without a window.
 */
async function countInstances({ page: tab }: Person, prototype: string): Promise<number> {
  const objects = await tab.queryObjects(await tab.evaluateHandle(prototype))
  try {
    return await tab.evaluate(
      (found) =>
        (found as unknown[]).filter(
          (object) => !(object instanceof Node) || object.ownerDocument?.defaultView,
        ).length,
      objects,
    )
  } finally {
    await objects.dispose()
  }
}

test("under script-src 'self', style-src 'self' and Trusted Types a whole call violates nothing", async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const policy = (await fetch(url, { headers: { Accept: 'text/html' } })).headers.get(
    'content-security-policy',
  )
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("style-src 'self';")
  expect(policy).toContain("require-trusted-types-for 'script'")

  const [ana, bob] = await Promise.all([visit(`${url}/?name=Ana`), visit(`${url}/?name=Bob`)])
  await ana.press('preview-button')
  await ana.part('level')
  await meet(ana, bob)
  await ana.receivesMedia()
  await ana.press('devices-button')
  await ana.part('devices-panel')
  await ana.press('devices-button')
  await ana.types('text-input', 'Hello')
  await ana.press('send-button')
  await bob.sees('Hello')
  await ana.press('microphone-button')
  await ana.press('camera-button')
  await bob.sees('Ana’s camera is off')
  await ana.press('next-button')
  await ana.press('stop-button')
  await ana.part('start-screen')
  expect((await ana.record()).violations).toEqual([])
  expect((await bob.record()).violations).toEqual([])
  expect([...ana.complaints, ...bob.complaints]).toEqual([])

  // The policy is in force: what it forbids is noticed.
  await ana.page.evaluate(() => {
    document.head.append(
      Object.assign(document.createElement('style'), { textContent: 'body { color: red }' }),
    )
  })
  await vi.waitFor(
    async () => expect((await ana.record()).violations).toEqual(['style-src-elem inline']),
    5000,
  )
})
