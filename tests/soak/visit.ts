import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { helloOf, LoadClient, ticketFor } from '../load/load-client.ts'
import type { Random } from '../load/random.ts'

/** What all strangers of a soak share. */
export interface Soak {
  readonly url: string
  /** No new stranger comes, and whoever is here goes. */
  readonly isOver: () => boolean
  readonly count: (what: string) => void
  readonly onFault: (text: string) => void
  readonly wait: (ms: number) => Promise<void>
}

/** Between two things somebody does, in milliseconds: well below every rate. */
const leastPauseMs = 150
const mostPauseMs = 600

/**
 * One visit, as people make them: comes, meets some, writes, goes on, loses the network now and then
 * and comes back, and goes; or is lost for good.
 */
export async function visit(soak: Soak, random: Random, name: string): Promise<void> {
  const { url, isOver, count, onFault, wait } = soak
  let [token, session, isInRoom, received] = ['', '', false, 0]
  const handleMessage = (message: Message): void => {
    if (message.type === 'welcome') {
      if (session !== '') count(message.session === session ? 'resumed' : 'not resumed')
      session = message.session
      token = message.resumeToken ?? ''
    } else if (message.type === 'matched') {
      isInRoom = true
      count('matched')
    } else if (message.type === 'partner-left') isInRoom = false
    else if (message.type === 'text') count('texts heard')
    else if (message.type === 'error' && message.code !== 'not-in-room') count(message.code)
  }
  const open = (): Promise<LoadClient> =>
    LoadClient.open(url, { onMessage: handleMessage, onFault })

  let client = await open()
  client.send(helloOf(name))
  await client.settled()
  if (session === '') return onFault('nobody was welcome')
  count('visits')
  client.send(ticketFor('soak'))
  for (let acts = 5 + random.below(25); acts > 0 && !isOver() && client.isOpen; acts--) {
    await wait(leastPauseMs + random.below(mostPauseMs - leastPauseMs))
    if (random.chance(0.06)) {
      client.terminate()
      await client.closed
      received += client.received
      if (random.chance(0.5)) await wait(random.below(1000))
      client = await open()
      client.send(helloOf(name, { token, received, sent: null, roomToken: null }))
      await client.settled()
    } else if (!isInRoom) client.send({ type: 'next', offer: null })
    else if (random.chance(0.2)) {
      isInRoom = false
      client.send({ type: 'next', offer: null })
    } else {
      const description = { type: 'offer', sdp: 'v'.repeat(random.below(2000) + 1) } as const
      client.sendFrames([
        encode({ type: 'signal', description, candidates: [], sending: null, generation: null }),
        encode({ type: 'text', text: `I am ${name}` }),
        encode({ type: 'typing', isTyping: random.chance(0.5) }),
      ])
    }
  }
  if (random.chance(0.3)) client.terminate()
  else await client.leave()
}
