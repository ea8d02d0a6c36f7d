// Fifty Nexts among four people: every call is a call, and nothing is left of those that are over.
import { expect } from 'vitest'
import { test } from './fixtures.ts'
import type { Person } from './person.ts'

const rounds = 25

/** What a page holds on to at this moment. */
interface Holdings {
  /** Peer connections that are not closed. */
  readonly connections: number
  /** Timers that are to go off yet. */
  readonly timers: number
  /** Live tracks of camera and microphone. */
  readonly tracks: number
  /** Event listeners, as the browser counts them after collecting garbage. */
  readonly listeners: number
}

/** Runs before the page: keeps count of what has to be given back. */
function keepCount(): void {
  const connections: WeakRef<RTCPeerConnection>[] = []
  const timers = new Set<number>()
  Object.assign(window, {
    holdings: () => ({
      connections: connections.filter((each) => {
        const connection = each.deref()
        return connection !== undefined && connection.signalingState !== 'closed'
      }).length,
      timers: timers.size,
    }),
  })
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(new WeakRef<RTCPeerConnection>(this))
    }
  }
  const { setTimeout: set, clearTimeout: clear } = window
  Object.assign(window, {
    setTimeout: (callback: () => void, delayMs?: number) => {
      const id = set(() => {
        timers.delete(id)
        callback()
      }, delayMs)
      timers.add(id)
      return id
    },
    clearTimeout: (id: number) => {
      timers.delete(id)
      clear(id)
    },
  })
}

async function holdings(person: Person): Promise<Holdings> {
  const { page } = person
  const devtools = await page.createCDPSession()
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.detach()
  const counted = await page.evaluate(() =>
    (window as unknown as { holdings(): { connections: number; timers: number } }).holdings(),
  )
  const { JSEventListeners: listeners = 0 } = await page.metrics()
  return { ...counted, listeners, tracks: await person.liveTracks() }
}

test('every one of fifty calls shows moving video, and nothing is left of any', async ({
  startServer,
  visit,
}) => {
  const { server, url } = await startServer({ rematchDelayMs: 50 })
  const people = await Promise.all(
    ['Ana', 'Bob', 'Cem', 'Dua'].map((name) => visit(`${url}/?name=${name}`)),
  )
  for (const { page } of people) {
    await page.evaluateOnNewDocument(keepCount)
    await page.reload()
  }
  await Promise.all(people.map((person) => person.press('start-button')))
  await Promise.all(people.map((person) => person.is('connected')))

  const counts = people.map(() => 1)
  let early: Holdings[] = []
  for (let round = 1; round <= rounds; round++) {
    // One of each pair, taking turns: all four meet anew, two of them by their own wish.
    const partners = await Promise.all(people.map((person) => person.partnerName()))
    const [first] = people
    const other = people.find((person, index) => person !== first && partners[index] !== 'Ana')!
    await Promise.all([first, other].map((person) => person!.press('next-button')))
    await Promise.all(
      people.map((person, index) => person.matches((counts[index] = counts[index]! + 1))),
    )
    await Promise.all(people.map((person) => person.is('connected')))
    await Promise.all(people.map((person) => person.seesMovement()))
    expect(server.status().rooms).toBe(2)
    if (round === 5) early = await Promise.all(people.map(holdings))
  }
  for (const [index, person] of people.entries()) {
    const late = await holdings(person)
    // The call's, and the one that is prepared for the next.
    expect(late.connections).toBeLessThanOrEqual(2)
    expect(late.tracks).toBe(2)
    expect(late.timers).toBeLessThanOrEqual(early[index]!.timers + 3)
    expect(late.listeners).toBeLessThanOrEqual(early[index]!.listeners + 20)
    expect(person.complaints).toEqual([])
  }
  // By the method: as each partner leaves, the buttons move under a hand that is about to press.
  for (const { page } of people) {
    await page.$eval('buddy-chat', (chat) => (chat as unknown as { stop(): void }).stop())
  }
  for (const person of people) {
    await person.isNotRecorded()
    await expect.poll(() => holdings(person)).toMatchObject({ connections: 0, tracks: 0 })
  }
}, 300_000)
