import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { createTokenVerifier } from './site-token.ts'

const secret = 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga'
const options = {
  secret,
  attributes: ['verified', 'region', 'constructor'],
  ageBands: ['minor', 'adult'],
}

/** Returns the result of the site `forum` for a token with these claims. */
async function read(claims: object, site: Partial<typeof options> = {}) {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('7')
    .setAudience('forum')
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(secret))
  return createTokenVerifier('forum', { ...options, ...site })(token)
}

describe('attributes', () => {
  test('are those claims that the site has named, as texts', async () => {
    const claims = await read({ verified: true, region: 'EU', other: 'x' })
    expect(claims.attributes).toEqual({ verified: 'true', region: 'EU' })
    expect((await read({ verified: 1 })).attributes).toEqual({ verified: '1' })
    expect((await read({ verified: true }, { attributes: [] })).attributes).toEqual({})
  })

  test.each([
    ['a list', ['EU']],
    ['null', null],
    ['more than 64 bytes', 'x'.repeat(65)],
    ['a lone surrogate', '\uD800'],
  ])('a token with %s as an attribute is not accepted', async (_, region) => {
    await expect(read({ region })).rejects.toMatchObject({
      code: 'token-invalid',
      message: expect.stringContaining('the claim region'),
    })
  })
})

describe('the age band', () => {
  test('is the claim age_band', async () => {
    expect((await read({ age_band: 'adult' })).band).toBe('adult')
    expect((await read({})).band).toBeUndefined()
  })

  test.each(['child', '', 18, null])(
    '%j, which the site does not have, is not accepted',
    async (band) => {
      await expect(read({ age_band: band })).rejects.toMatchObject({
        code: 'token-invalid',
        message: 'the claim age_band is none of the bands of this site',
      })
    },
  )

  test('is ignored if the site has no bands', async () => {
    expect((await read({ age_band: 'x' }, { ageBands: [] })).band).toBeUndefined()
  })
})
