// Every partner has a visible name, and every name stays within the element.
import type { BuddyClient, ClientEvents, Unsubscribe } from '@buddy-chat/client'
import { expect } from 'chai'
import type { BuddyChat as Chat } from './stage.ts'
import {
  BuddyChat,
  clear,
  meet,
  mount,
  newLobby,
  part,
  Partner,
  press,
  resize,
  until,
  untilShown,
  untilState,
} from './stage.ts'

teardown(clear)

/**
 * The name that every partner has in {@link Renamed}. It replaces the name from the server, which
 * checks names.
 */
let partnerName = ''

function renamed<Detail>(detail: Detail): Detail {
  const { partner } = detail as ClientEvents['match']
  return { ...detail, partner: { ...partner, name: partnerName } }
}

/** An element that shows {@link partnerName} as the name of every partner. */
class Renamed extends BuddyChat {
  protected override createClient(): BuddyClient {
    const client = super.createClient()
    const on = client.on.bind(client)
    client.on = <Name extends keyof ClientEvents>(
      name: Name,
      listener: (detail: ClientEvents[Name]) => void,
    ): Unsubscribe => on(name, (detail) => listener(name === 'match' ? renamed(detail) : detail))
    return client
  }
}
customElements.define('renamed-chat', Renamed)

for (const [what, name] of [
  ['five combining marks', '\u0301\u0302\u0303\u0304\u0305'],
  ['U+FFFC', '\uFFFC'],
  ['Hangul fillers', '\u3164\u3164'],
] as const) {
  test(`shows a partner whose name is ${what} as Stranger`, async () => {
    partnerName = name
    const lobby = newLobby()
    await Partner.waiting(lobby, 'Zoë')
    const chat = document.createElement('renamed-chat') as Renamed
    Object.assign(chat, { server: window.servers.open, lobby, mode: 'video' })
    resize(chat, 800, 600)
    document.body.append(chat)
    try {
      await chat.start()
      await untilState(chat, 'negotiating')
      await untilShown(chat, 'Connecting you with Stranger…')
    } finally {
      chat.remove()
    }
  })
}

test('shows a partner without a name as Stranger, also in buddy-match; the client’s own event has the empty name', async () => {
  const lobby = newLobby()
  await Partner.waiting(lobby, '')
  const chat = await mount({ lobby })
  const names: string[] = []
  chat.addEventListener('buddy-match', ({ detail }) => names.push(detail.partner.name))
  await chat.start()
  await untilState(chat, 'negotiating')
  await untilShown(chat, 'Connecting you with Stranger…')
  expect([...names, chat.client.partner?.name]).to.deep.equal(['Stranger', ''])
})

test('shows You if the visitor’s own name is invisible', async () => {
  const [ana] = await meet({}, {})
  ana.setAttribute('name', '\u0301\u0302')
  ana.stop()
  await ana.updateComplete
  await ana.start()
  await untilShown(ana, 'You')
  expect(part(ana, 'own-name')?.innerText).to.equal('You')
})

/**
 * Returns all text that extends beyond the sides of the element and is not truncated by an
 * ellipsis.
 */
function textBeyond(chat: Chat): string[] {
  const { left, right } = chat.getBoundingClientRect()
  const walker = document.createTreeWalker(chat.renderRoot, NodeFilter.SHOW_TEXT)
  const beyond: string[] = []
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement
    if (
      !parent?.checkVisibility({ visibilityProperty: true }) ||
      parent.closest('.unseen, style')
    ) {
      continue
    }
    const range = document.createRange()
    range.selectNodeContents(node)
    const box = range.getBoundingClientRect()
    const { textOverflow, overflowX, display } = getComputedStyle(parent)
    const isShortened = textOverflow === 'ellipsis' && overflowX !== 'visible' && display !== 'flex'
    const limit = isShortened ? parent.getBoundingClientRect() : box
    if (limit.width > 0 && (limit.left < left - 0.5 || limit.right > right + 0.5)) {
      beyond.push(`${parent.localName}.${parent.className}: ${node.textContent?.trim() ?? ''}`)
    }
  }
  return beyond
}

for (const [what, name] of [
  ['forty dotted circles', '◌'.repeat(40)],
  ['forty wide letters', 'W'.repeat(40)],
  ['forty ideographs', '龘'.repeat(40)],
] as const) {
  test(`a name of ${what} stays within the element in every state`, async () => {
    const [ana, bob] = await meet({ name })
    const expectWithin = async (state: string): Promise<void> => {
      await ana.updateComplete
      for (const width of [280, 320, 720]) {
        resize(ana, width, 480)
        expect([state, width, textBeyond(ana)]).to.deep.equal([state, width, []])
        expect(ana.scrollWidth, `${state} ${width}`).to.be.at.most(width)
      }
    }
    await expectWithin('connected')
    resize(ana, 320, 480)
    await press(ana, 'text-toggle')
    bob.client.notifyTyping()
    await untilShown(ana, 'is writing…')
    await expectWithin('writing')
    resize(ana, 320, 480)
    await press(ana, 'text-toggle')
    await press(bob, 'camera-button')
    await untilShown(ana, 'camera is off')
    await expectWithin('without a camera')
    bob.stop()
    await untilShown(ana, 'left.')
    await expectWithin('left alone')
    await until('the end', () => ana.state === 'waiting')
  })
}

test('a long name stays within the play prompt and the status', async () => {
  const name = '◌'.repeat(40)
  const { play } = HTMLMediaElement.prototype
  HTMLMediaElement.prototype.play = function refuse() {
    return this.muted ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError'))
  }
  try {
    const [ana] = await meet({ name })
    await untilShown(ana, 'Tap to see and hear')
    for (const width of [280, 320]) {
      resize(ana, width, 480)
      expect([width, textBeyond(ana)]).to.deep.equal([width, []])
    }
  } finally {
    HTMLMediaElement.prototype.play = play
  }
  const lobby = newLobby()
  await Partner.waiting(lobby, name)
  const chat = await mount({ lobby })
  await chat.start()
  await untilState(chat, 'negotiating')
  for (const width of [280, 320]) {
    resize(chat, width, 480)
    expect([width, textBeyond(chat)]).to.deep.equal([width, []])
  }
})
