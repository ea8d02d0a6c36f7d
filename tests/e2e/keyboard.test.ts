// Keys as a keyboard emits them: what the browser makes of them beside the element.
import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

const attributes = 'mode="text" autostart'

const page = (url: string, body: string): string => `<!doctype html>
  <html lang="en"><head><title>A page</title><script src="${url}/buddy-chat.js"></script></head>
  <body>${body}</body></html>`

/** Resolves once nothing is open in front of the element, or something is. */
const untilOpen = (where: Page, selector: string, isOpen: boolean): Promise<unknown> =>
  where.waitForFunction(
    (wanted, open) =>
      document.querySelector(wanted)?.matches(':modal, :popover-open, :fullscreen') === open,
    { polling: 50 },
    selector,
    isOpen,
  )

async function focusNext(person: Person): Promise<void> {
  const next = await person.part('next-button')
  await next.focus()
  await next.dispose()
}

test('in a modal dialog of the page Escape closes the connection check, then the dialog; the call goes on', async ({
  startServer,
  hostPage,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(
    await hostPage(page(url, `<dialog id="host"><buddy-chat ${attributes}></buddy-chat></dialog>`)),
  )
  const bob = await visit(`${url}/?mode=text&autostart`)
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ana.page.evaluate(() => {
    document.querySelector('dialog')!.showModal()
    const chat = document.querySelector('buddy-chat') as unknown as { showDoctor(): unknown }
    void chat.showDoctor()
  })
  await (await ana.part('doctor')).dispose()
  await ana.page.keyboard.press('Escape')
  await ana.page.waitForSelector('buddy-chat >>> [part~="doctor"]', { hidden: true })
  await untilOpen(ana.page, '#host', true)
  await ana.page.keyboard.press('Escape')
  await untilOpen(ana.page, '#host', false)
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('Escape closes a popover of the page from a half-written message, and the call goes on', async ({
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
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await ana.types('text-input', 'Half a mess')
  await ana.page.evaluate(() => document.querySelector<HTMLElement>('#menu')!.showPopover())
  await ana.page.keyboard.press('Escape')
  await untilOpen(ana.page, '#menu', false)
  const field = await ana.part('text-input')
  const isFocused = (): Promise<boolean> =>
    field.evaluate((node) => (node.getRootNode() as ShadowRoot).activeElement === node)
  expect([await ana.state(), await isFocused()]).toEqual(['connected', true])
  // With the popover gone it is the element's: the field is left, the message stays.
  await ana.page.keyboard.press('Escape')
  await expect.poll(isFocused).toBe(false)
  expect(await field.evaluate((node) => (node as HTMLTextAreaElement).value)).toBe('Half a mess')
  await field.dispose()
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('Escape in full screen, however long it is held, leaves the call alone', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(`${url}/?mode=text&autostart`)
  const bob = await visit(`${url}/?mode=text&autostart`)
  await Promise.all([ana.is('connected'), bob.is('connected')])
  await focusNext(ana)
  await ana.page.evaluate(() => document.querySelector('buddy-chat')!.requestFullscreen())
  await untilOpen(ana.page, 'buddy-chat', true)
  for (let count = 0; count < 20; count++) await ana.page.keyboard.down('Escape')
  await ana.page.keyboard.up('Escape')
  expect([await ana.state(), await bob.state()]).toEqual(['connected', 'connected'])
})

test('a held M mutes once; a held Enter on Start starts once, and one on Next is one Next', async ({
  startServer,
  visit,
}) => {
  const { url } = await startServer()
  const ana = await visit(`${url}/?name=Ana`)
  const start = await ana.part('start-button')
  await start.focus()
  await start.dispose()
  for (let count = 0; count < 20; count++) await ana.page.keyboard.down('Enter')
  await ana.page.keyboard.up('Enter')
  await ana.is('waiting')
  const bob = await visit(`${url}/?name=Bob&autostart`)
  await Promise.all([ana.is('connected'), bob.is('connected')])
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
  await Promise.all([ana.matches(2), bob.matches(2)])
  await Promise.all([ana.is('connected'), bob.is('connected')])
  const { events } = await bob.record()
  expect(events.filter(({ name }) => name === 'leave')).toHaveLength(1)
})

test('the Enter that ends a name in an input method does not start', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer()
  const ana = await visit(`${url}/?mode=text`)
  await ana.types('name-input', 'あな')
  const keyboard = await ana.page.createCDPSession()
  // As Safari emits it, after `compositionend`; the text is what submits a form.
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
  await ana.is('waiting')
})
