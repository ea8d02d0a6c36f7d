import type { Message } from '@buddy-chat/protocol'
import { encode } from '@buddy-chat/protocol'
import { helloOf, LoadClient, ticketFor } from '../load/load-client.ts'
import type { Random } from '../load/random.ts'

/** What all visits of a soak share. */
export interface Soak {
  readonly url: string
  /**
   * Returns whether the soak is ending. If so, no visit begins, and each visit ends after its present
   * action.
   */
  readonly isOver: () => boolean
  /** Adds one to a named count, which is printed at the end. */
  readonly count: (what: string) => void
  readonly onFault: (text: string) => void
  readonly wait: (ms: number) => Promise<void>
}

/** The shortest pause between two actions, long enough to keep below every rate limit. */
const minPauseMs = 150
const maxPauseMs = 600

/**
 * Simulates one visit of a user: joins, exchanges messages, presses Next, sometimes loses the
 * connection and resumes, and in the end leaves or loses the connection for good.
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
    else if (message.type === 'text') count('texts received')
    else if (message.type === 'error' && message.code !== 'not-in-room') count(message.code)
  }
  const open = (): Promise<LoadClient> =>
    LoadClient.open(url, { onMessage: handleMessage, onFault })

  let client = await open()
  client.send(helloOf(name))
  await client.settled()
  if (session === '') return onFault('the server sent no welcome')
  count('visits')
  client.send(ticketFor('soak'))
  for (let actions = 5 + random.below(25); actions > 0 && !isOver() && client.isOpen; actions--) {
    await wait(minPauseMs + random.below(maxPauseMs - minPauseMs))
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
