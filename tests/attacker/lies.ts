// False claims that a client can make in its hello and its ticket.
import { SignJWT, UnsecuredJWT } from 'jose'
import type { MessageOf } from '@buddy-chat/protocol'
import type { Random } from '../load/random.ts'

/** The secret of the site `club`, in which every user needs a token. */
export const clubSecret = 'a secret that only the site and its server know'

const key = (secret: string): Uint8Array => new TextEncoder().encode(secret)

const claimsOf = (subject: string, band: string) => ({
  sub: subject,
  aud: 'club',
  exp: Math.floor(Date.now() / 1000) + 3600,
  age_band: band,
  region: 'eu',
})

/** Signs the token that the site gives to a person of this age band. */
export function trueToken(subject: string, band: string): Promise<string> {
  return new SignJWT(claimsOf(subject, band))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(key(clubSecret))
}

/** Makes a token that claims another age band, in one of several ways. The server must refuse all of them. */
export async function forgedToken(subject: string, random: Random): Promise<string> {
  const claims = claimsOf(subject, '13-17')
  const signed = async (changes: object, secret = clubSecret) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'HS256' }).sign(key(secret))
  const valid = await trueToken(subject, '18+')
  const [header = '', , signature = ''] = valid.split('.')
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return random.pick([
    await signed({}, 'a secret that the attacker has made up, long enough'),
    new UnsecuredJWT(claims).encode(),
    // The claims of another token, with the signature of the attacker's own token.
    `${header}.${body}.${signature}`,
    await signed({ aud: 'open' }),
    await signed({ exp: Math.floor(Date.now() / 1000) - 3600 }),
    // Only the site can sign this, but the site does not have the band.
    await signed({ age_band: 'any' }),
    await signed({ age_band: ['13-17', '18+'] }),
    '',
  ])
}

/** Returns fields of a ticket that try to reach another pool, or to select a partner. */
export function lyingTicket({ pick }: Random): Partial<MessageOf<'ticket'>> {
  return pick<Partial<MessageOf<'ticket'>>>([
    // The key of another pool, which would match if the server joined the parts without a separator.
    { lobby: '","video","13-17' },
    { lobby: 'quiet\u200b' },
    { interests: ['age_band:13-17', '13-17'] },
    { asks: [{ attribute: 'age_band', values: ['13-17'] }] },
    { asks: [{ attribute: 'sub', values: ['victim'] }] },
    { asks: [{ attribute: '__proto__', values: ['x'] }] },
    { asks: [{ attribute: 'region', values: [] }] },
    { languages: ['x'.repeat(35), 'en_US', '*'], keep: { interests: true, languages: true } },
    {},
  ])
}
