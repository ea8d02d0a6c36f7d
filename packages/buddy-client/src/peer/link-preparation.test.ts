import { expect, test } from 'vitest'
import { LinkPreparation } from './link-preparation.ts'
import type { PeerLink } from './peer-link.ts'

/** Links whose offers are made when the test says so, by number. */
function createPreparation() {
  const made: (() => void)[] = []
  const closed: number[] = []
  const preparation = new LinkPreparation(() => {
    const number = made.length
    const offer = new Promise<void>((resolve) => made.push(resolve))
    return {
      get isClosed() {
        return closed.includes(number)
      },
      prepareOffer: () => offer,
      takeOffer: () => ({ description: { type: 'offer', sdp: `${number}` }, candidates: [] }),
      close: () => closed.push(number),
    } as unknown as PeerLink
  })
  return { preparation, made, closed }
}

test('an offer that goes stale while it is made gives way to the one that is made instead', async () => {
  const { preparation, made, closed } = createPreparation()
  const offer = preparation.offer()
  expect(preparation.handleStale()).toBe(true)
  preparation.prepareOffer()
  made[0]!()
  made[1]!()
  expect((await offer)?.description?.sdp).toBe('1')
  expect(closed).toEqual([0])
  // It is on its way: what changes now is no reason to let it go.
  expect(preparation.handleStale()).toBe(false)
  expect(preparation.take('offered')).toBeDefined()
})

test('an end while the offer is made leaves none, and no link', async () => {
  const { preparation, made, closed } = createPreparation()
  const offer = preparation.offer()
  preparation.discard()
  made[0]!()
  expect(await offer).toBe(null)
  expect([made.length, closed]).toEqual([1, [0]])
})
