// After start(), stop(), removal and insertion in any order, also within one task, the latest call
// of start() or stop() takes effect.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, mount, until, untilState } from './stage.ts'

teardown(clear)

const { mediaDevices } = navigator
const original = mediaDevices.getUserMedia.bind(mediaDevices)
let opened: MediaStreamTrack[] = []

setup(() => {
  opened = []
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints)
    opened.push(...stream.getTracks())
    return stream
  }
})
teardown(() => {
  mediaDevices.getUserMedia = original
})

const liveTracks = (): number => opened.filter(({ readyState }) => readyState === 'live').length

const codeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'started',
    ({ code }: { code: string }) => code,
  )

/** Resolves when the browser has answered all earlier requests for devices. */
const requestsAreSettled = async (): Promise<void> => {
  for (const track of (await original({ audio: true })).getTracks()) track.stop()
}

test('start() rejects with `aborted` and leaves no camera open if stop() follows in the same task', async () => {
  const chat = await mount()
  const started = codeOf(chat.start())
  chat.stop()
  expect(await started).to.equal('aborted')
  await requestsAreSettled()
  expect([chat.state, chat.localStream, liveTracks()]).to.deep.equal(['idle', undefined, 0])
})

test('start() waits until the element is in the page, and rejects if stop() is called before that', async () => {
  const chat = document.createElement('buddy-chat')
  chat.server = window.servers.open
  const first = codeOf(chat.start())
  chat.stop()
  expect(await first).to.equal('aborted')
  const second = codeOf(chat.start())
  const joined = codeOf(chat.start())
  expect([chat.state, opened.length]).to.deep.equal(['idle', 0])
  document.body.append(chat)
  await untilState(chat, 'waiting')
  expect([await second, await joined]).to.deep.equal(['started', 'started'])
  chat.stop()
  chat.remove()
})

test('a listener of `buddy-start` can call stop(), which prevents the start, or start(), which joins it', async () => {
  const chat = await mount()
  chat.addEventListener('buddy-start', () => chat.stop(), { once: true })
  expect(await codeOf(chat.start())).to.equal('aborted')
  expect([chat.state, opened.length]).to.deep.equal(['idle', 0])
  let starts = 0
  const inner: Promise<string>[] = []
  chat.addEventListener('buddy-start', () => {
    starts++
    inner.push(codeOf(chat.start()))
  })
  expect(await codeOf(chat.start())).to.equal('started')
  expect([starts, await Promise.all(inner)]).to.deep.equal([1, ['started']])
})

const actions: Readonly<Record<string, (chat: BuddyChat) => unknown>> = {
  start: (chat) => chat.start().catch(() => undefined),
  stop: (chat) => chat.stop(),
  next: (chat) => chat.next(),
  remove: (chat) => chat.remove(),
  insert: (chat) => document.body.append(chat),
}
const names = Object.keys(actions)
const sequences = names.flatMap((a) => names.flatMap((b) => names.map((c) => [a, b, c])))

test('the latest start() or stop() takes effect, for every sequence of three actions in one task', async () => {
  for (const sequence of sequences) {
    const chat = await mount()
    for (const name of sequence) actions[name]?.(chat)
    const isWanted = sequence.findLast((name) => name === 'start' || name === 'stop') === 'start'
    const isInPage = chat.isConnected
    const title = sequence.join(', ')
    if (isWanted && isInPage) await until(`${title}: waiting`, () => chat.state === 'waiting')
    else {
      await until(`the end of ${title}`, () => chat.state === 'idle')
      await requestsAreSettled()
      expect([title, chat.state, chat.localStream]).to.deep.equal([title, 'idle', undefined])
    }
    chat.stop()
    chat.remove()
    await until(`no camera after ${title}`, () => liveTracks() === 0)
  }
}).timeout(120_000)
