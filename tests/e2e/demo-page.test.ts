// The demo page at `/`. It has one element that fills it, and passes the query parameters of its
// URL to the element.
import { expect } from 'vitest'
import { test } from './fixtures.ts'

test('passes query parameters to the element, which fills the page', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer({ sites: [{ key: 'home', allowedOrigins: ['self'] }] })
  const query = 'name=Ana&interests=jazz,chess&mode=text&lobby=den&site=home&autostart'
  const ana = await visit(`${url}/?${query}`)
  await ana.waitForState('waiting')
  expect(server.status()).toMatchObject({ users: 1, waiting: 1 })
  const shown = await ana.page.$eval('buddy-chat', (element) => {
    const { name, interests, mode, lobby, site, autostart } = element as unknown as Record<
      string,
      unknown
    >
    const { width, height } = element.getBoundingClientRect()
    const fills = width === innerWidth && height === innerHeight
    return { name, interests, mode, lobby, site, autostart, fills }
  })
  expect(shown).toEqual({
    name: 'Ana',
    interests: 'jazz,chess',
    mode: 'text',
    lobby: 'den',
    site: 'home',
    autostart: true,
    fills: true,
  })

  // A visitor with another lobby and site is not matched with Ana. A visitor with the same lobby
  // and site is matched at once.
  const bob = await visit(`${url}/?name=Bob&mode=text&autostart`)
  await bob.waitForState('waiting')
  const cem = await visit(`${url}/?name=Cem&mode=text&lobby=den&site=home&autostart`)
  await cem.waitForState('connected')
  await ana.waitForText('Cem')
  // Text mode does not open a camera.
  expect(await ana.liveTracks()).toBe(0)
})

test('does not start the chat without query parameters', async ({ startServer, visit }) => {
  const { server, url } = await startServer()
  const ana = await visit(url)
  await ana.waitForPart('start-button')
  expect(await ana.state()).toBe('idle')
  expect(server.status().users).toBe(0)
})
