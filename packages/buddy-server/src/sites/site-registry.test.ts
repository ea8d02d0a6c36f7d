import { expect, test } from 'vitest'
import type { ResolvedServerOptions } from '../config/server-settings.ts'
import { defaultOptions } from '../config/server-settings.ts'
import { SiteRegistry } from './site-registry.ts'

const optionsWith = (...keys: readonly string[]): ResolvedServerOptions => ({
  ...defaultOptions,
  allowedOrigins: [],
  sites: keys.map((key) => ({ key, allowedOrigins: [`https://${key}.example`] })),
})
const keyOf = (sites: SiteRegistry, site: string): string =>
  sites.siteOf({ identity: { site } }).key

test('keeps a removed site for its sessions, and drops it at the first reload without any', () => {
  const sites = new SiteRegistry(optionsWith('cafe'))
  sites.reload(optionsWith(), () => true)
  expect(sites.find('cafe')).toBeUndefined()
  sites.reload(optionsWith(), () => true)
  expect(keyOf(sites, 'cafe')).toBe('cafe')
  sites.reload(optionsWith(), () => false)
  expect(keyOf(sites, 'cafe')).toBe('')
})

test('knows the origins of the sites that the configuration has now', () => {
  const sites = new SiteRegistry(optionsWith('cafe'))
  const upgrade = { origin: 'https://cafe.example', host: 'server.example' }
  expect(sites.isKnownOrigin(upgrade)).toBe(true)
  sites.reload(optionsWith('shop'), () => true)
  expect(sites.isKnownOrigin(upgrade)).toBe(false)
})

test('changes nothing if clients cannot use an option', () => {
  const sites = new SiteRegistry(optionsWith('cafe'))
  const broken = { ...optionsWith('shop'), iceServers: [{ urls: ['nonsense'] }] }
  expect(() => sites.reload(broken, () => true)).toThrow('ICE URL')
  expect(sites.find('cafe')?.key).toBe('cafe')
})
