// Uses the types of the browser's packages as a page does. A line marked as an expected error fails the check
// if a type is lost and has become `any`.
import '@buddy-chat/element'
import '@buddy-chat/element/buddy-chat.js'
import type { BuddyEventDetails } from '@buddy-chat/element'
import type { BuddyChat } from '@buddy-chat/element/element'
import type { BuddyClientOptions } from '@buddy-chat/client'
import { BuddyClient, BuddyError, diagnose } from '@buddy-chat/client'
import type { Guard } from '@buddy-chat/client/guard'
import { GuardRunner } from '@buddy-chat/client/guard'
import { createNsfwGuard } from '@buddy-chat/guard'
import type { Message } from '@buddy-chat/protocol'
import { decode, encode } from '@buddy-chat/protocol'

const created: BuddyChat = document.createElement('buddy-chat')
created.interests = ['jazz']
// @ts-expect-error -- a mode that does not exist
created.mode = 'hologram'
const found = document.querySelector('buddy-chat')
found?.addEventListener('buddy-match', ({ detail }) => {
  const name: string = detail.partner.name
  // @ts-expect-error -- the event has no such detail
  console.log(name, detail.nothing)
})
export const reasonOf = ({ reason }: BuddyEventDetails['buddy-leave']): string => reason

const server: string | undefined = document.body.dataset['server']
export const options: BuddyClientOptions = { server, name: 'Ana', mode: 'video' }
const client = new BuddyClient(options)
export const unsubscribe: () => void = client.on('match', ({ partner, interests }) => {
  console.log(partner.name.length, interests.length)
})
// @ts-expect-error -- an event that does not exist
client.on('nothing', () => undefined)
export const start = (): Promise<void> =>
  client.start().catch((error: unknown) => {
    if (error instanceof BuddyError && error.code === 'permission-denied') return
    throw error
  })
export const check = diagnose({ server: 'https://chat.example' })

const frame = encode({ type: 'text', text: 'hello' })
// TypeScript 5.7 and later refuse bytes here that might be in shared memory.
export const send = (socket: WebSocket): void => socket.send(frame)
export const message: Message | undefined = decode(frame)

const ownGuard: Guard = {
  check: async ({ width }) => ({ verdict: width > 0 ? 'ok' : 'warn', label: 'own', score: 1 }),
  close: () => undefined,
}
export const runners = [ownGuard, () => createNsfwGuard({ thresholds: { veil: 0.9 } })].map(
  (guard) =>
    new GuardRunner({
      guard,
      onVerdict: ({ subject, verdict }) => console.log(subject, verdict),
      onFailure: (error) => console.error(error),
    }),
)
// @ts-expect-error -- a verdict that does not exist
export const wrongGuard: Guard = { ...ownGuard, check: async () => ({ verdict: 'no' }) }
