// What can go wrong before a call, as a person sees it: each in words, none a dead end.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { test } from './fixtures.ts'

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

test('permission denied: it says so, and once it is allowed Try again works', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(url, { grants: false })
  const context = ana.page.browserContext()
  await context.overridePermissions(url, [])
  await ana.press('start-button')
  await ana.sees('Your browser said no')
  await ana.part('audio-only-button')
  expect(await ana.state()).toBe('idle')

  await context.overridePermissions(url, ['camera', 'microphone'])
  await ana.press('start-button')
  await ana.is('waiting')
  expect(await ana.liveTracks()).toBe(2)
})

for (const [allow, shown] of [
  ['', 'This page is embedded without permission'],
  ['camera', 'This page is embedded without permission'],
  ['camera; microphone', undefined],
] as const) {
  test(`in a frame of another site with allow="${allow}": ${shown ? 'it says what is missing' : 'it starts'}`, async ({
    startServer,
    visit,
    hostPage,
  }) => {
    const { url } = await startServer()
    const inner = await hostPage(
      `<!doctype html><title>Inner</title><script src="${url}/buddy-chat.js"></script>
       <style>buddy-chat { height: 400px }</style><buddy-chat></buddy-chat>`,
    )
    const outer = await hostPage(
      `<!doctype html><title>Outer</title>
       <iframe src="${inner}" allow="${allow}" width="600" height="450"></iframe>`,
    )
    const ana = await visit(outer)
    await ana.press('start-button')
    if (shown) await ana.sees(shown)
    else await ana.is('waiting')
    expect(await ana.liveTracks()).toBe(shown ? 0 : 2)
  })
}

test('a page without https: it says that browsers open no camera there', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  const page = await hostPage(
    `<!doctype html><title>A site</title><script src="${url}/buddy-chat.js"></script>
     <style>buddy-chat { height: 400px }</style><buddy-chat></buddy-chat>`,
  )
  const ana = await visit(page.replace('127.0.0.1', 'site.example'))
  await ana.press('start-button')
  await ana.sees('This page is not secure')
  expect(await ana.state()).toBe('idle')
})

test('no camera: going on without one is offered, and the partner is heard and hears', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 0 }),
    visit(`${url}/?name=Bob`),
  ])
  await ana.press('start-button')
  await ana.sees('No camera found')
  await ana.press('audio-only-button')
  await ana.is('waiting')
  await bob.press('start-button')
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ana.receivesMedia()
  await bob.receivesAudio()
  await bob.sees('Ana’s camera is off')
})

test('server not there: it says so, keeps trying, and goes on by itself when the server is back', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const port = await freePort()
  const first = await startServer({ port })
  const script = await (await fetch(`${first.url}/buddy-chat.js`)).text()
  const page = await hostPage(
    `<!doctype html><title>A site</title><script>${script}</script>
     <buddy-chat server="${first.url}"></buddy-chat>`,
  )
  await first.server.close()

  const ana = await visit(page)
  await ana.press('start-button')
  await ana.is('reconnecting')
  await ana.sees('The server cannot be reached')
  await ana.part('retry')

  await startServer({ port })
  await ana.is('waiting')
})

test('server full: it says so, and lets one in when there is room', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ maxUsers: 1 })
  const [ana, bob] = await Promise.all([visit(url), visit(url)])
  await ana.press('start-button')
  await ana.is('waiting')
  await bob.press('start-button')
  await bob.is('reconnecting')
  await bob.sees('It is full right now')
  await bob.sees('Trying again in')
  await ana.press('stop-button')
  await ana.part('start-screen')
  await bob.press('retry-button')
  await bob.is('waiting')
})

test('sound blocked by the browser: a play prompt instead of a black box, and a tap on it plays', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  // Chromium plays whatever it likes while a page holds the camera; Safari in low-power mode does
  // not. So this page does what Safari does: no sound before a person has touched it.
  const ana = await visit(
    await hostPage(`<!doctype html><title>A site</title><script>
      let isTouched = false
      addEventListener('click', () => (isTouched = true), { capture: true })
      const { play } = HTMLMediaElement.prototype
      HTMLMediaElement.prototype.play = function () {
        if (this.muted || isTouched) return play.call(this)
        return Promise.reject(new DOMException('no gesture yet', 'NotAllowedError'))
      }</script><script src="${url}/buddy-chat.js"></script>
      <style>buddy-chat { height: 400px }</style>
      <buddy-chat name="Ana" autostart></buddy-chat>`),
  )
  const bob = await visit(`${url}/?name=Bob`)
  await bob.press('start-button')
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ana.press('play-button')
  await ana.seesMovement()
  expect(await ana.text()).not.toContain('Tap to see')
})
