import { group } from '../case.ts'
import type { CaseContext, Joined } from '../case-context.ts'
import { check } from '../failure.ts'

const given = '`visitorToken` in `welcome` must not be nil.'
const onePerson =
  'While other people are in the lobby, the server must not match a session with one whose `hello` had its `visitorToken`, unless their site tokens have different users.'
const forged =
  'A `visitor` that the server has not sent as `visitorToken` for this site must count as nil.'

/** Joins, and returns the session with its visitor token. */
async function joinWithToken(t: CaseContext): Promise<readonly [Joined, string]> {
  if ((t.target.token ?? t.target.tokens) !== undefined) {
    t.skip('with a token of the site, the site says who the users are')
  }
  const client = await t.join()
  const { visitorToken } = client.welcome
  check(visitorToken !== null, 'visitorToken is nil')
  return [client, visitorToken]
}

export const visitorCases = group('visitors', 'visitors', [
  {
    title: 'gives each new session a visitor token',
    rule: given,
    run: async (t) => {
      const { welcome } = await t.join()
      check(welcome.visitorToken !== null, 'visitorToken is nil')
    },
  },
  {
    title: 'does not match a browser with itself while others are there',
    rule: onePerson,
    run: async (t) => {
      await t.pair()
      const [client, visitor] = await joinWithToken(t)
      const tab = await t.join({ visitor })
      await t.wait(client)
      await t.wait(tab)
      await t.quiet(client, tab)
      const third = await t.join()
      t.enter(third)
      await t.matchedTogether(third, client)
      await t.quiet(tab)
    },
  },
  {
    title: 'takes a changed visitor token for none',
    rule: forged,
    run: async (t) => {
      const [client, visitor] = await joinWithToken(t)
      const changed = `${visitor.slice(0, -1)}${visitor.endsWith('A') ? 'B' : 'A'}`
      const other = await t.join({ visitor: changed })
      await t.wait(client)
      t.enter(other)
      await t.matchedTogether(client, other)
    },
  },
])
