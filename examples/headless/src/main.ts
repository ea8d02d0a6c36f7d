// A chat with a user interface of its own: this file connects the client with the elements of index.html.
import { BuddyClient, BuddyError, type ClientState } from '@buddy-chat/client'

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T
const status = byId('status')
const theirs = byId<HTMLVideoElement>('theirs')
const mine = byId<HTMLVideoElement>('mine')
const start = byId<HTMLButtonElement>('start')
const next = byId<HTMLButtonElement>('next')
const stop = byId<HTMLButtonElement>('stop')
const messages = byId('messages')
const text = byId<HTMLInputElement>('text')

const client = new BuddyClient({ server: import.meta.env.VITE_BUDDY_SERVER })

client.on('local-stream', (stream) => (mine.srcObject = stream ?? null))
client.on('remote-stream', (stream) => (theirs.srcObject = stream ?? null))
client.on('match', ({ partner }) => {
  messages.replaceChildren()
  status.textContent = `You are with ${partner.name || 'a stranger'}.`
})
client.on('message', ({ text, from }) => {
  const item = document.createElement('li')
  item.textContent = `${from === 'self' ? 'You' : 'Your partner'}: ${text}`
  messages.append(item)
})
client.on('error', (error) => (status.textContent = error.message))

const texts: Partial<Record<ClientState, string>> = {
  idle: 'Press Start to meet someone.',
  waiting: 'Waiting for a partner …',
  reconnecting: 'The connection is lost.',
}
client.on('state', ({ state }) => {
  status.textContent = texts[state] ?? status.textContent
  start.disabled = state !== 'idle' && state !== 'closed'
  stop.disabled = !start.disabled
  next.disabled = !start.disabled || state === 'connecting'
  text.disabled = state !== 'negotiating' && state !== 'connected'
})

start.addEventListener('click', async () => {
  try {
    await client.start()
  } catch (error) {
    // `aborted`: the visitor has pressed Stop meanwhile.
    if (!(error instanceof BuddyError)) throw error
    if (error.code !== 'aborted') status.textContent = error.message
  }
})
next.addEventListener('click', () => client.next())
stop.addEventListener('click', () => client.stop())
byId('form').addEventListener('submit', (event) => {
  event.preventDefault()
  if (!text.value) return
  client.send(text.value)
  text.value = ''
})
