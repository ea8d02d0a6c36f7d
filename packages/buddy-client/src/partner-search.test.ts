import type { ClientMessage } from '@buddy-chat/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from './manual-clock.fixture.ts'
import { resolveOptions } from './options.ts'
import { PartnerSearch } from './partner-search.ts'
import type { LinkSignal } from './signal.ts'

const offer: LinkSignal = { description: { type: 'offer', sdp: 'v=0' }, candidates: [] }

let clock: ManualClock
let sent: ClientMessage[]
let isConnected: boolean
let search: PartnerSearch
/** One function for each offer that the search waits for. The function resolves the offer. */
let offers: ((offer: LinkSignal | null) => void)[]

beforeEach(() => {
  clock = new ManualClock()
  sent = []
  offers = []
  isConnected = true
  search = new PartnerSearch(resolveOptions({ mode: 'video' }), {
    takeOffer: () => new Promise((resolve) => offers.push(resolve)),
    sending: () => ({ audio: true, video: false }),
    isConnected: () => isConnected,
    send: (message) => {
      sent.push(message)
      return true
    },
    clock,
  })
})

/** Gives the search the offer that it waits for, so that it sends its request. */
async function giveOffer(given: LinkSignal | null = null): Promise<void> {
  for (const resolve of offers.splice(0)) resolve(given)
  await clock.advanceAsync(0)
}
const types = (): string[] => sent.map(({ type }) => type)

async function enterQueue(): Promise<void> {
  search.handleMediaReady()
  await giveOffer()
  search.handleAnswered(true)
  sent = []
}

describe('the first request', () => {
  test('is a `ticket`, sent as soon as devices and server are ready', async () => {
    isConnected = false
    search.handleMediaReady()
    isConnected = true
    expect(offers).toEqual([])
    search.requestIfDue()
    await giveOffer(offer)
    expect(sent).toMatchObject([
      { type: 'ticket', mode: 'video', offer: { sending: { video: false } } },
    ])
    expect(search.announcedSending).toEqual({ audio: true, video: false })
  })

  test('is sent without an offer if no offer could be created', async () => {
    search.handleMediaReady()
    await giveOffer(null)
    expect(sent).toMatchObject([{ type: 'ticket', offer: null }])
    expect(search.announcedSending).toBeNull()
  })

  test('is not sent if the connection is lost before the offer is ready', async () => {
    search.handleMediaReady()
    isConnected = false
    await giveOffer(offer)
    expect(sent).toEqual([])
    isConnected = true
    search.requestIfDue()
    await giveOffer(offer)
    expect(types()).toEqual(['ticket'])
  })
})

describe('a later request', () => {
  beforeEach(enterQueue)

  test('is `next`, and is sent once if requested twice before its offer is ready', async () => {
    search.request()
    search.request()
    await giveOffer()
    expect(types()).toEqual(['next'])
  })

  test('is a `ticket` instead of `next` if the server does not know the earlier ticket', async () => {
    search.handleForgotten(false)
    search.requestIfDue()
    await giveOffer()
    expect(types()).toEqual(['ticket'])
  })

  test('is not sent if the server has restored the room, nor while the search is paused', async () => {
    search.handleForgotten(true)
    search.requestIfDue()
    search.pause()
    search.handleForgotten(false)
    search.requestIfDue()
    await giveOffer()
    expect(sent).toEqual([])
    expect([search.unpause(), search.unpause()]).toEqual([true, false])
  })
})

describe('when the server has dropped a message, the search', () => {
  beforeEach(enterQueue)

  test('repeats a request that was not answered', async () => {
    search.request()
    await giveOffer()
    search.handleDropped(500)
    search.handleDropped(500)
    clock.advance(500)
    await giveOffer()
    expect(types()).toEqual(['next', 'next'])
  })

  test('does not repeat a request that was answered meanwhile, or after its end', async () => {
    search.request()
    await giveOffer()
    search.handleDropped(500)
    search.handleAnswered(true)
    clock.advance(500)
    search.handleDropped(500)
    search.request()
    await giveOffer()
    search.handleDropped(500)
    search.end()
    expect(clock.pending).toBe(0)
    expect(types()).toEqual(['next', 'next'])
  })
})

describe('a change of criteria', () => {
  const chess = { ...resolveOptions({}), interests: ['chess'], keepInterests: true }

  test('in the queue is a `change`, and the next request is a `ticket` with it', async () => {
    await enterQueue()
    search.setCriteria(chess)
    expect(sent).toMatchObject([
      { type: 'change', interests: ['chess'], keep: { interests: true, languages: false } },
    ])
    search.handleAnswered(false)
    search.request()
    await giveOffer()
    expect(sent.at(-1)).toMatchObject({ type: 'ticket', interests: ['chess'] })
    search.handleAnswered(true)
    search.request()
    await giveOffer()
    expect(sent.at(-1)).toMatchObject({ type: 'next' })
  })

  test('in a call sends nothing, and the next request is a `ticket`', async () => {
    await enterQueue()
    search.handleAnswered(false)
    search.setCriteria(chess)
    expect(sent).toEqual([])
    search.request()
    await giveOffer()
    expect(sent).toMatchObject([{ type: 'ticket', interests: ['chess'] }])
  })

  test('that the user makes before the answer to a request is sent after the answer', async () => {
    search.handleMediaReady()
    await giveOffer()
    search.setCriteria(chess)
    expect(types()).toEqual(['ticket'])
    search.handleAnswered(true)
    expect(types()).toEqual(['ticket', 'change'])
  })

  test('is in the ticket of a new session', async () => {
    await enterQueue()
    search.setCriteria(chess)
    search.handleForgotten(false)
    search.requestIfDue()
    await giveOffer()
    expect(sent.at(-1)).toMatchObject({ type: 'ticket', interests: ['chess'] })
  })

  test('is sent again if the server drops it, and not after its answer', async () => {
    await enterQueue()
    search.setCriteria(chess)
    search.handleDropped(1000)
    clock.advance(1000)
    expect(types()).toEqual(['change', 'change'])
    search.handleDropped(1000)
    search.handleSearching()
    clock.advance(1000)
    expect(types()).toEqual(['change', 'change'])
  })
})
