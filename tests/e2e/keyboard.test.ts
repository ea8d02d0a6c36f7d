// Tests with real key presses, so that the browser's own handling of keys takes part.
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'

const attributes = 'mode="text" autostart'

const page = (url: string, body: string): string => `<!doctype html>
  <html lang="en"><head><title>A page</title><script src="${url}/buddy-chat.js"></script></head>
  <body>${body}</body></html>`

/**
 * Resolves when the element at `selector` is open as a modal dialog, as a popover or in full
 * screen; if `isOpen` is false, when it is not.
 */
const waitUntilOpen = (where: Page, selector: string, isOpen: boolean): Promise<unknown> =>
  where.waitForFunction(
    (wanted, open) =>
      document.querySelector(wanted)?.matches(':modal, :popover-open, :fullscreen') === open,
    { polling: 50 },
    selector,
    isOpen,
  )

async function focusNext(visitor: Visitor): Promise<void> {
  const next = await visitor.waitForPart('next-button')
  await next.focus()
  await next.dispose()
}

test('Escape closes the connection doctor first, then the modal dialog around the element, and never ends the call', async ({
  startServer,
  hostPage,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(
    await hostPage(page(url, `<dialog id="host"><buddy-chat ${attributes}></buddy-chat></dialog>`)),
  )
  const bob = await visit(`${url}/?mode=text&autostart`)
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.page.evaluate(() => {
    document.querySelector('dialog')!.showModal()
    const chat = document.querySelector('buddy-chat') as unknown as { showDoctor(): unknown }
    void chat.showDoctor()
  })
  await (await ana.waitForPart('doctor')).dispose()
  await ana.page.keyboard.press('Escape')
  await ana.page.waitForSelector('buddy-chat >>> [part~="doctor"]', { hidden: true })
  await waitUntilOpen(ana.page, '#host', true)
  await ana.page.keyboard.press('Escape')
  await waitUntilOpen(ana.page, '#host', false)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('Escape in a half-written message first closes a popover of the page, and keeps the message and the call', async ({
  startServer,
  hostPage,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(
    await hostPage(
      page(url, `<div id="menu" popover>Menu</div><buddy-chat ${attributes}></buddy-chat>`),
    ),
  )
  const bob = await visit(`${url}/?mode=text&autostart`)
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await ana.type('text-input', 'Half a mess')
  await ana.page.evaluate(() => document.querySelector<HTMLElement>('#menu')!.showPopover())
  await ana.page.keyboard.press('Escape')
  await waitUntilOpen(ana.page, '#menu', false)
  const field = await ana.waitForPart('text-input')
  const isFocused = (): Promise<boolean> =>
    field.evaluate((node) => (node.getRootNode() as ShadowRoot).activeElement === node)
  expect([await ana.state(), await isFocused()]).toEqual(['connected', true])
  // Without a popover, the element handles Escape: focus leaves the field, and the message stays.
  await ana.page.keyboard.press('Escape')
  await expect.poll(isFocused).toBe(false)
  expect(await field.evaluate((node) => (node as HTMLTextAreaElement).value)).toBe('Half a mess')
  await field.dispose()
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('holding down Escape in full screen keeps the call', async ({ startServer, visit }) => {
  const { url } = await startServer()
  const ana = await visit(`${url}/?mode=text&autostart`)
  const bob = await visit(`${url}/?mode=text&autostart`)
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await focusNext(ana)
  await ana.page.evaluate(() => document.querySelector('buddy-chat')!.requestFullscreen())
  await waitUntilOpen(ana.page, 'buddy-chat', true)
  for (let count = 0; count < 20; count++) await ana.page.keyboard.down('Escape')
  await ana.page.keyboard.up('Escape')
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('a key that is held down acts once: Enter on Start, M for mute, Enter on Next', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(`${url}/?name=Ana`)
  const start = await ana.waitForPart('start-button')
  await start.focus()
  await start.dispose()
  for (let count = 0; count < 20; count++) await ana.page.keyboard.down('Enter')
  await ana.page.keyboard.up('Enter')
  await ana.waitForState('waiting')
  const bob = await visit(`${url}/?name=Bob&autostart`)
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  await focusNext(ana)
  for (let count = 0; count < 22; count++) await ana.page.keyboard.down('m')
  await ana.page.keyboard.up('m')
  expect(
    await ana.page.$eval(
      'buddy-chat',
      (element) =>
        (element as unknown as { client: { sending: { audio: boolean } } }).client.sending.audio,
    ),
  ).toBe(false)
  await focusNext(ana)
  for (let count = 0; count < 20; count++) await ana.page.keyboard.down('Enter')
  await ana.page.keyboard.up('Enter')
  await Promise.all([ana.waitForMatches(2), bob.waitForMatches(2)])
  await Promise.all([ana.waitForState('connected'), bob.waitForState('connected')])
  const { events } = await bob.record()
  expect(events.filter(({ name }) => name === 'leave')).toHaveLength(1)
})

test('the Enter that ends a composition of an input method in the name field does not start the chat', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const ana = await visit(`${url}/?mode=text`)
  await ana.type('name-input', 'あな')
  const keyboard = await ana.page.createCDPSession()
  // Safari emits this Enter after `compositionend`. Because the event has a `text`, the browser
  // would submit the form.
  const enter = { key: 'Enter', code: 'Enter', text: '\r', unmodifiedText: '\r' }
  await keyboard.send('Input.dispatchKeyEvent', {
    type: 'keyDown',
    windowsVirtualKeyCode: 229,
    ...enter,
  })
  await keyboard.send('Input.dispatchKeyEvent', {
    type: 'keyUp',
    windowsVirtualKeyCode: 229,
    ...enter,
  })
  expect([await ana.state(), server.status().users]).toEqual(['idle', 0])
  await ana.page.keyboard.press('Enter')
  await ana.waitForState('waiting')
})
