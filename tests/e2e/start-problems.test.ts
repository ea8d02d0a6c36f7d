// Problems before a call. For each, the element shows a message and a way to go on.
import { expect } from 'vitest'
import { freePort } from '../server-process.ts'
import { chatPage, test } from './fixtures.ts'

test('a denied permission is shown, and Try again starts the chat after the visitor has allowed it', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(url, { grants: false })
  const context = ana.page.browserContext()
  await context.overridePermissions(url, [])
  await ana.press('start-button')
  await ana.waitForText('Your browser said no')
  await ana.waitForPart('audio-only-button')
  expect(await ana.state()).toBe('idle')

  await context.overridePermissions(url, ['camera', 'microphone'])
  await ana.press('start-button')
  await ana.waitForState('waiting')
  expect(await ana.liveTracks()).toBe(2)
})

for (const [allow, shown] of [
  ['', 'This page is embedded without permission'],
  ['camera', 'This page is embedded without permission'],
  ['camera; microphone', undefined],
] as const) {
  test(`in an iframe of another site with allow="${allow}", ${shown ? 'the element shows that the permission is missing' : 'the chat starts'}`, async ({
    startServer,
    visit,
    hostPage,
  }) => {
    const { url } = await startServer()
    const inner = await hostPage(chatPage(url))
    const outer = await hostPage(
      `<!doctype html><title>Outer</title>
       <iframe src="${inner}" allow="${allow}" width="600" height="450"></iframe>`,
    )
    const ana = await visit(outer)
    await ana.press('start-button')
    if (shown) await ana.waitForText(shown)
    else await ana.waitForState('waiting')
    expect(await ana.liveTracks()).toBe(shown ? 0 : 2)
  })
}

test('the element shows that a page without https cannot use a camera', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  const page = await hostPage(chatPage(url))
  const ana = await visit(page.replace('127.0.0.1', 'site.example'))
  await ana.press('start-button')
  await ana.waitForText('This page is not secure')
  expect(await ana.state()).toBe('idle')
})

test('a visitor without a camera is offered an audio call, in which audio works in both directions', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const [ana, bob] = await Promise.all([
    visit(`${url}/?name=Ana`, { cameras: 0 }),
    visit(`${url}/?name=Bob`),
  ])
  await ana.press('start-button')
  await ana.waitForText('No camera found')
  await ana.press('audio-only-button')
  await ana.waitForState('waiting')
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.waitForMedia()
  await bob.waitForAudio()
  await bob.waitForText('Ana’s camera is off')
})

test('an unreachable server is shown, and the client retries until the server is back', async ({
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
  await ana.waitForState('reconnecting')
  await ana.waitForText('The server cannot be reached')
  await ana.waitForPart('retry')

  await startServer({ port })
  await ana.waitForState('waiting')
})

test('a full server is shown, and the visitor can enter once another visitor has left', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer({ maxUsers: 1 })
  const [ana, bob] = await Promise.all([visit(url), visit(url)])
  await ana.press('start-button')
  await ana.waitForState('waiting')
  await bob.press('start-button')
  await bob.waitForState('reconnecting')
  await bob.waitForText('It is full right now')
  await bob.waitForText('Trying again in')
  await ana.press('stop-button')
  await ana.waitForPart('start-screen')
  await bob.press('retry-button')
  await bob.waitForState('waiting')
})

test('if the browser blocks sound, a play button is shown, and a press of it plays the partner’s video', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  // Chromium allows autoplay while the page uses the camera. Safari in low-power mode does not.
  // This page imitates Safari: it rejects play() with sound before the first click.
  const ana = await visit(
    await hostPage(`<!doctype html><title>A site</title><script>
      let isClicked = false
      addEventListener('click', () => (isClicked = true), { capture: true })
      const { play } = HTMLMediaElement.prototype
      HTMLMediaElement.prototype.play = function () {
        if (this.muted || isClicked) return play.call(this)
        return Promise.reject(new DOMException('no gesture yet', 'NotAllowedError'))
      }</script><script src="${url}/buddy-chat.js"></script>
      <style>buddy-chat { height: 400px }</style>
      <buddy-chat name="Ana" autostart></buddy-chat>`),
  )
  const bob = await visit(`${url}/?name=Bob`)
  await bob.press('start-button')
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.press('play-button')
  await ana.waitForMovement()
  expect(await ana.text()).not.toContain('Tap to see')
})
