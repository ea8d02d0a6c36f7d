// What integrators get wrong has a working guess or a name, in real browsers; nothing is retried for ever.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

const bundle = join(import.meta.dirname, '../../packages/buddy-element/dist/bundle/buddy-chat.js')

function page(script: string, attributes = '', head = ''): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>A site</title>
    <style>buddy-chat { height: 400px }</style>${script}
    <buddy-chat mode="text" ${attributes}></buddy-chat></html>`
}

const tag = (url: string, type = ''): string =>
  `<script ${type} src="${url}/buddy-chat.js"></script>`

async function expectToStart(person: Person): Promise<void> {
  await person.press('start-button')
  await person.is('waiting')
}

/** Start ends with these words, and with a button instead of another attempt. */
async function expectRefusal(person: Person, title: string): Promise<void> {
  await person.press('start-button')
  await person.sees(title)
  await person.is('closed')
}

test('a module script tag knows its server', async ({ startServer, visit, hostPage }) => {
  const { url } = await startServer()
  await expectToStart(await visit(await hostPage(page(tag(url, 'type="module"')))))
})

test('a server without its scheme, and one by its WebSocket without /ws, are found', async ({
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
  test(`${browser}: a content security policy without connect-src for the server is named`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer()
    const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'self' 'unsafe-inline'; script-src ${url}">`
    const site = await hostPage(page(tag(url), '', policy))
    const person = await (browser === 'Firefox' ? visitWithFirefox(site) : visit(site))
    await expectRefusal(person, 'This page blocks its own chat')
  })

  test(`${browser}: a web site that is no Buddy server is named, the page's own and another`, async ({
    startServer,
    visit,
    visitWithFirefox,
    hostPage,
  }) => {
    const { url } = await startServer()
    const other = await hostPage('<!doctype html><title>Another site</title>')
    const open = browser === 'Firefox' ? visitWithFirefox : visit
    // A copy of the script, as on a CDN: it does not know its server, and the page has none.
    const copy = `<script>${await readFile(bundle, 'utf8')}</script>`
    const own = await open(await hostPage(page(copy)))
    await expectRefusal(own, 'There is no chat server here')
    const person = await open(await hostPage(page(tag(url), `server="${other}"`)))
    await expectRefusal(person, 'There is no chat server here')
    expect(await person.text()).toContain('Try again')
  })
}
