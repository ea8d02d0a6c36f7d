// Decisions of the operator about the visitor: a warning and slower matching as a notice, a ban on the
// problem screen. The messages are put into the socket of the client, as if the server had sent them.
import type { MessageOf } from '@buddy-chat/protocol'
import { closeCodes, encode } from '@buddy-chat/protocol'
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  focused,
  isShown,
  mount,
  part,
  press,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

const { WebSocket: Original } = window
let socket: WebSocket | undefined

setup(() => {
  window.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      // oxlint-disable-next-line typescript/no-this-alias -- the test needs the socket of the client
      socket = this
    }
  }
})
teardown(async () => {
  window.WebSocket = Original
  await clear()
})

/** Lets the client receive a ban, as the server sends one: the decision, the error and the close. */
function receiveBan(measure: Partial<MessageOf<'measure'>>): void {
  receive({ ...decision, kind: 'ban', ...measure }, banned)
  socket!.dispatchEvent(new CloseEvent('close', { code: closeCodes.banned }))
}

function receive(...messages: MessageOf<'measure' | 'error'>[]): void {
  for (const message of messages) {
    const { buffer, byteOffset, byteLength } = encode(message)
    const data = buffer.slice(byteOffset, byteOffset + byteLength)
    socket!.dispatchEvent(new MessageEvent('message', { data }))
  }
}

const decision: MessageOf<'measure'> = {
  type: 'measure',
  kind: 'warning',
  reason: 'harassment',
  isAutomatic: false,
  until: null,
  appealUrl: 'https://site.example/appeal',
  decision: 'D-2026-17',
  statement: 'Please stay friendly.',
}
const banned: MessageOf<'error'> = {
  type: 'error',
  code: 'banned',
  message: 'banned',
  retryAfterMs: null,
}

async function waiting(): Promise<BuddyChat> {
  const chat = await mount({ mode: 'text' })
  await chat.start()
  await untilState(chat, 'waiting')
  return chat
}

for (const [kind, title] of [
  ['warning', 'The moderators have warned you'],
  ['slowed', 'You wait longer for partners for now'],
] as const) {
  test(`${kind}: a notice names the reason and the decision, and stays until it is dismissed`, async () => {
    const chat = await waiting()
    receive({ ...decision, kind })
    await untilShown(chat, title)
    const text = visibleText(chat)
    for (const fact of [
      'Insults or harassment',
      'By a moderator',
      'D-2026-17',
      'Please stay friendly.',
    ]) {
      expect(text).to.contain(fact)
    }
    expect(text).not.to.contain('No end')
    expect(part<HTMLAnchorElement>(chat, 'appeal-link')?.href).to.equal(decision.appealUrl)
    await Promise.all([expectAccessible(chat), expectToFit(chat)])
    part(chat, 'dismiss-measure-button')!.focus()
    await press(chat, 'dismiss-measure-button')
    expect([isShown(chat, 'measure'), chat.state]).to.deep.equal([false, 'waiting'])
    expect(focused(chat)).to.equal('control next-button')
  })
}

test('a ban: the problem screen names the reason, who decided, the end in the visitor’s locale, and the appeal', async () => {
  const chat = await waiting()
  const until2027 = Date.UTC(2027, 2, 4, 12, 30) / 1000
  receiveBan({ isAutomatic: true, until: until2027 })
  await until('the problem screen', () => isShown(chat, 'problem-screen'))
  const text = visibleText(chat)
  const end = new Date(until2027 * 1000).toLocaleString(undefined, {
    dateStyle: 'long',
    timeStyle: 'short',
  })
  for (const fact of ['Insults or harassment', 'Automatically, by a rule', end, 'D-2026-17']) {
    expect(text).to.contain(fact)
  }
  expect(part<HTMLAnchorElement>(chat, 'appeal-link')?.href).to.equal(decision.appealUrl)
  await expectAccessible(chat)
})

test('a ban for good says so; an appeal address that is no web page is not shown', async () => {
  const chat = await waiting()
  receiveBan({ appealUrl: 'javascript:alert(1)' })
  await until('the problem screen', () => isShown(chat, 'problem-screen'))
  expect(visibleText(chat)).to.contain('No end')
  expect(isShown(chat, 'appeal-link')).to.equal(false)
  // The next start does not show an earlier decision.
  void chat.start()
  await until('the stage', () => isShown(chat, 'stage'))
  expect(visibleText(chat)).not.to.contain('D-2026-17')
})
