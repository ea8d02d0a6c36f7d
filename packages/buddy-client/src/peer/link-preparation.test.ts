import { expect, test } from 'vitest'
import { LinkPreparation } from './link-preparation.ts'
import type { PeerLink } from './peer-link.ts'

/**
 * Creates a preparation with fake links, numbered from 0. `finishOffer[n]()` completes the offer of link
 * n.
 */
function createPreparation() {
  const finishOffer: (() => void)[] = []
  const closed: number[] = []
  const preparation = new LinkPreparation(() => {
    const number = finishOffer.length
    const offer = new Promise<void>((resolve) => finishOffer.push(resolve))
    return {
      get isClosed() {
        return closed.includes(number)
      },
      prepareOffer: () => offer,
      takeOffer: () => ({ description: { type: 'offer', sdp: `${number}` }, candidates: [] }),
      close: () => closed.push(number),
    } as unknown as PeerLink
  })
  return { preparation, finishOffer, closed }
}

test('resolves `offer()` with a second offer if the first is out of date before it is ready', async () => {
  const { preparation, finishOffer, closed } = createPreparation()
  const offer = preparation.offer()
  expect(preparation.handleStale()).toBe(true)
  preparation.prepareOffer()
  finishOffer[0]!()
  finishOffer[1]!()
  expect((await offer)?.description?.sdp).toBe('1')
  expect(closed).toEqual([0])
  // The link is out of date, but it is kept, because its offer was sent.
  expect(preparation.handleStale()).toBe(false)
  expect(preparation.take('offered')).toBeDefined()
})

test('resolves `offer()` with null if the link is discarded before its offer is ready', async () => {
  const { preparation, finishOffer, closed } = createPreparation()
  const offer = preparation.offer()
  preparation.discard()
  finishOffer[0]!()
  expect(await offer).toBe(null)
  expect([finishOffer.length, closed]).toEqual([1, [0]])
})
