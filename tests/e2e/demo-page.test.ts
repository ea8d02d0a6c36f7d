// The page at `/`: the element, filling it, told what the address says.
import { expect } from 'vitest'
import { test } from './fixtures.ts'

test('query parameters reach the element, and it fills the page', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer({ sites: [{ key: 'home', allowedOrigins: ['self'] }] })
  const query = 'name=Ana&interests=jazz,chess&mode=text&lobby=den&site=home&autostart'
  const ana = await visit(`${url}/?${query}`)
  await ana.is('waiting')
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

  // Whoever comes with another wish is not met; with the same one, at once.
  const bob = await visit(`${url}/?name=Bob&mode=text&autostart`)
  await bob.is('waiting')
  const cem = await visit(`${url}/?name=Cem&mode=text&lobby=den&site=home&autostart`)
  await cem.is('connected')
  await ana.sees('Cem')
  // In text mode nobody is asked for a camera.
  expect(await ana.liveTracks()).toBe(0)
})

test('a plain visit starts nothing', async ({ startServer, visit }) => {
  const { server, url } = await startServer()
  const ana = await visit(url)
  await ana.part('start-button')
  expect(await ana.state()).toBe('idle')
  expect(server.status().users).toBe(0)
})
