// The element on the page of another site: loaded twice, moved, removed, and under a strict content
// security policy.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { test as base } from './fixtures.ts'
import type { Visitor } from './visitor.ts'
import { meet } from './visitor.ts'

const example = join(import.meta.dirname, '../../examples/script-tag/serve.mjs')

const test = base.extend<{ serveExample: (buddyServer: string) => Promise<string> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest requires the pattern
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
      const [output] = (await once(child.stdout, 'data')) as [Buffer]
      return output.toString().trim()
    })
    await Promise.all(ends.map((end) => end()))
  },
})

function page(server: string, body = '<buddy-chat name="Ana"></buddy-chat>', scripts = 1): string {
  const script = `<script src="${server}/buddy-chat.js"></script>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>
    ${script.repeat(scripts)}<style>buddy-chat { height: 400px }</style>${body}</html>`
}

test('the element works from a script tag on another origin, as in examples/script-tag', async ({
  startServer,
  visit,
  serveExample,
}) => {
  const { url } = await startServer()
  const site = await serveExample(url)
  expect(new URL(site).origin).not.toBe(new URL(url).origin)
  const [guest, host] = await Promise.all([visit(site), visit(`${url}/?name=Bob`)])
  await meet(guest, host)
  await Promise.all([guest.waitForMedia(), host.waitForMedia()])
  expect(guest.errors).toEqual([])
})

test('the element works if its script is loaded twice', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  const ana = await visit(await hostPage(page(url, undefined, 2)))
  await ana.press('start-button')
  await ana.waitForState('waiting')
  await ana.page.addScriptTag({ url: `${url}/buddy-chat.js` })
  await ana.page.addScriptTag({ url: `${url}/buddy-chat.js`, type: 'module' })
  await ana.waitForState('waiting')
  expect(ana.errors).toEqual([])
})

test('the call and its video continue when the element is moved within the page', async ({
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
  await ana.waitForMovement()
  await Promise.all([ana.waitForMedia(), bob.waitForMedia()])
  expect(server.status().matches).toBe(matches)
  expect((await ana.record()).events).toEqual([{ name: 'match', about: 'Bob' }])
  expect((await bob.record()).events).toEqual([{ name: 'match', about: 'Ana' }])
})

test('removing the element releases devices and connection, and the partner sees that the visitor left', async ({
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
  await ana.waitForEndedTracks()
  await bob.waitForText('Ana left.')
  await vi.waitFor(() => expect(server.status().users).toBe(1), 10_000)
})

test('replacing the element ten times during calls leaks no object', async ({
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
    await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
    await ana.page.$eval('buddy-chat', (chat) => {
      const successor = document.createElement('buddy-chat')
      chat.replaceWith(successor)
    })
  }
  await ana.waitForEndedTracks()
  await vi.waitFor(() => expect(server.status()).toMatchObject({ users: 1, rooms: 0 }), 10_000)
  await ana.page.$eval('buddy-chat', (chat) => chat.remove())
  // Waits until a removed element has stopped its client, and until the browser has released the
  // objects of eleven elements and ten calls. Tracks are not counted, because Chromium keeps an
  // ended track in memory on any page, even without Buddy.
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
 * Returns how many objects of the page inherit from `prototype` after a garbage collection. DOM
 * nodes in a document without a window are not counted: Lit keeps its templates there, with one
 * element of each kind.
 */
async function countInstances({ page: tab }: Visitor, prototype: string): Promise<number> {
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

test("violates no policy in a whole call under script-src 'self', style-src 'self' and Trusted Types", async ({
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
  await ana.waitForPart('level')
  await meet(ana, bob)
  await ana.waitForMedia()
  await ana.press('devices-button')
  await ana.waitForPart('devices-panel')
  await ana.press('devices-button')
  await ana.type('text-input', 'Hello')
  await ana.press('send-button')
  await bob.waitForText('Hello')
  await ana.press('microphone-button')
  await ana.press('camera-button')
  await bob.waitForText('Ana’s camera is off')
  await ana.press('next-button')
  await ana.press('stop-button')
  await ana.waitForPart('start-screen')
  expect((await ana.record()).violations).toEqual([])
  expect((await bob.record()).violations).toEqual([])
  expect([...ana.errors, ...bob.errors]).toEqual([])

  // Checks that the browser enforces the policy, and that the test would have recorded a violation.
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
