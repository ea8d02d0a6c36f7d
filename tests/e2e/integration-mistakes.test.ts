// Common mistakes in embedding the element. Each either works, or ends with a message that names
// the mistake and without endless retries.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Visitor } from './visitor.ts'

const bundle = join(import.meta.dirname, '../../packages/buddy-element/dist/bundle/buddy-chat.js')

function page(script: string, attributes = '', head = ''): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>A site</title>
    <style>buddy-chat { height: 400px }</style>${script}
    <buddy-chat mode="text" ${attributes}></buddy-chat></html>`
}

const tag = (url: string, type = ''): string =>
  `<script ${type} src="${url}/buddy-chat.js"></script>`

async function expectToStart(visitor: Visitor): Promise<void> {
  await visitor.press('start-button')
  await visitor.waitForState('waiting')
}

/**
 * Presses Start. Checks that the element shows this title and that the client is closed and does
 * not retry.
 */
async function expectRefusal(visitor: Visitor, title: string): Promise<void> {
  await visitor.press('start-button')
  await visitor.waitForText(title)
  await visitor.waitForState('closed')
}

test('a module script tag finds its server', async ({ startServer, visit, hostPage }) => {
  const { url } = await startServer()
  await expectToStart(await visit(await hostPage(page(tag(url, 'type="module"')))))
})

test('the server’s URL may have no scheme, the scheme ws:, the path /ws/ or extra slashes', async ({
  startServer,
  visit,
  hostPage,
}) => {
  const { url } = await startServer()
  for (const server of [
    url.replace('http://', ''),
    url.replace('http', 'ws'),
    `${url}/ws/`,
    `${url}//`,
  ]) {
    await expectToStart(
      await visit(await hostPage(page(tag(url), `server="${server}" lobby="${server}"`))),
    )
  }
})

for (const browser of ['Chromium', 'Firefox'] as const) {
  test(`${browser}: if connect-src is missing in the page’s content security policy, the element shows that the page blocks its chat`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer()
    const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline'; script-src ${url}">`
    const site = await hostPage(page(tag(url), '', policy))
    const visitor = await (browser === 'Firefox' ? visitWithFirefox(site) : visit(site))
    await expectRefusal(visitor, 'This page blocks its own chat')
  })

  test(`${browser}: if there is no Buddy server at the page’s own origin or at the configured URL, the element shows that`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer()
    const other = await hostPage('<!doctype html><title>Another site</title>')
    const open = browser === 'Firefox' ? visitWithFirefox : visit
    // An inline copy of the script has no URL from which to derive the server. Therefore the
    // element uses the page's origin.
    const copy = `<script>${await readFile(bundle, 'utf8')}</script>`
    const own = await open(await hostPage(page(copy)))
    await expectRefusal(own, 'There is no chat server here')
    const configured = await open(await hostPage(page(tag(url), `server="${other}"`)))
    await expectRefusal(configured, 'There is no chat server here')
    expect(await configured.text()).toContain('Try again')
  })
}
