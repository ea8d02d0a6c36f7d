import { generateKeyPairSync } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { deleteFiles, file, mistakes, read, readSite, secret, site } from './read-config.fixture.ts'
import type { Config } from './read-config.ts'

afterAll(deleteFiles)

const bands = { secret, age_bands: ['minor', 'adult'], default_age_band: 'minor' }
const { publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

describe('a site', () => {
  const readSites = (...sites: object[]): Config =>
    read({
      CONFIG_FILE: file({ sites }),
      TURN_URLS: 'turn:t.example',
      TURN_SECRET: 'of the server',
    })

  test('can set every one of its keys', () => {
    const full = {
      ...site,
      max_users: 5,
      lobbies: ['red', 'blue'],
      ice_servers: [{ urls: 'stun:s.example' }],
      turn_urls: 'turn:own.example',
      turn_secret: 'its own secret',
      turn_ttl_seconds: 600,
      attributes: 'verified, region',
      age_bands: ['minor', 'adult'],
      default_age_band: 'minor',
      widen_interests_seconds: 5,
      widen_languages_seconds: 0,
      text: false,
      video: 'no',
      public_key: publicKey,
    }
    expect(readSites(full).options.sites).toEqual([
      {
        ...readSite,
        maxUsers: 5,
        lobbies: ['red', 'blue'],
        iceServers: [{ urls: ['stun:s.example'] }],
        turnUrls: ['turn:own.example'],
        turnSecret: 'its own secret',
        turnTtlMs: 600_000,
        attributes: ['verified', 'region'],
        ageBands: ['minor', 'adult'],
        defaultAgeBand: 'minor',
        widenInterestsMs: 5000,
        widenLanguagesMs: 0,
        isTextAllowed: false,
        isVideoAllowed: false,
        publicKey,
      },
    ])
  })

  test.for<[string, object, string]>([
    ['without a key', { key: undefined }, 'sites[0].key=… is not allowed: it must be 1 to 64'],
    ['with an empty key', { key: '' }, 'sites[0].key=…'],
    ['without origins', { allowed_origins: [] }, 'sites[0].allowed_origins=…'],
    ['with a short secret', { secret: 'short' }, 'sites[0].secret=… is not allowed'],
    ['with an invalid public key', { public_key: 'x' }, 'it must be a public P-256 key in PEM'],
    [
      'with a lobby name longer than a ticket allows',
      { lobbies: ['é'.repeat(33)] },
      'at most 64 bytes',
    ],
    ['with a lone surrogate in a lobby name', { lobbies: ['\ud800'] }, 'sites[0].lobbies=…'],
    ['with a lone surrogate in a secret', { secret: '\ud800'.repeat(32) }, 'sites[0].secret=…'],
    [
      'with a secret and a public key',
      { secret, public_key: publicKey },
      'a secret or a public_key, not both',
    ],
    [
      'with the claim sub as an attribute',
      { secret, attributes: ['sub'] },
      'none of iss, sub, aud',
    ],
    ['with an attribute twice', { secret, attributes: ['a', 'a'] }, 'each only once'],
    [
      'with bands but no default band',
      { ...bands, default_age_band: undefined },
      'it must have both',
    ],
    ['with an unknown default band', { ...bands, default_age_band: 'x' }, 'must be one of them'],
    [
      'with bands but no key for tokens',
      { ...bands, secret: undefined },
      'need a secret or a public',
    ],
    [
      'with a bad TURN URL',
      { turn_urls: ['turn:h:abc'] },
      'sites[0].turn_urls[0]=turn:h:abc is not',
    ],
    [
      'with a bad ICE URL',
      { ice_servers: [{ urls: 'stun:h?x' }] },
      'sites[0].ice_servers[0].urls[0]=stun:h?… is',
    ],
    ['open to every page', { allowed_origins: '*' }, 'allowed_origins of site forum is open'],
    ['with a placeholder', { secret: 'change-me'.repeat(4) }, 'secret of site forum looks like'],
  ])('%s is refused', ([, more, sentence]) => {
    expect(mistakes(() => readSites({ ...site, ...more })).join('\n')).toContain(sentence)
  })

  test('is refused if another site has the same key', () => {
    expect(mistakes(() => readSites(site, site))).toEqual([
      'sites=… is not allowed: no key may appear twice',
    ])
  })
})
