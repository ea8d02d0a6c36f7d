// Texts of a partner: plain, cleaned, and within the layout.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, mount, newLobby, part, Partner, resize, until, untilState } from './stage.ts'

teardown(clear)

/** Mounts an element that is in a room with a partner whom the test controls. */
async function meetPartner(): Promise<[BuddyChat, Partner]> {
  const lobby = newLobby()
  const partner = await Partner.waiting(lobby, 'Zoë')
  const chat = await mount({ lobby })
  await chat.start()
  await untilState(chat, 'negotiating')
  return [chat, partner]
}

const messagesOf = (chat: BuddyChat): HTMLElement[] => [
  ...chat.renderRoot.querySelectorAll<HTMLElement>('[part~="message"]'),
]

/** Sends texts of the partner, then one more, and resolves with the nodes of all texts before that one. */
async function receive(
  chat: BuddyChat,
  partner: Partner,
  ...texts: string[]
): Promise<HTMLElement[]> {
  for (const text of [...texts, 'the end']) partner.send({ type: 'text', text })
  await until('the last text', () => messagesOf(chat).at(-1)?.textContent === 'the end')
  return messagesOf(chat).slice(0, -1)
}

test('a text is plain: an address is no link, and HTML is shown as it was written', async () => {
  const [chat, partner] = await meetPartner()
  const texts = [
    'https://example.org/a?b=c www.example.org mailto:a@example.org tel:+4912345',
    '<a href="https://example.org">click</a><img src=x onerror=alert(1)>',
    '[click](javascript:alert(1))',
  ]
  const nodes = await receive(chat, partner, ...texts)
  expect(nodes.map((node) => node.textContent)).to.deep.equal(texts)
  for (const node of nodes) expect(node.childElementCount).to.equal(0)
  expect(chat.renderRoot.querySelector('[part="messages"] a')).to.equal(null)
})

test('a text keeps its line breaks, and loses controls, overrides and floods of marks', async () => {
  const [chat, partner] = await meetPartner()
  const [node] = await receive(chat, partner, `one\ntwo\u202e\u0007 Z${'\u0301'.repeat(60)}`)
  expect(node?.textContent).to.equal(`one\ntwo Z${'\u0301'.repeat(4)}`)
  expect(node?.innerText).to.contain('one\ntwo')
})

test('a right-to-left line is shown from the right, beside a left-to-right one in the same text', async () => {
  const [chat, partner] = await meetPartner()
  const [node] = await receive(
    chat,
    partner,
    'hello (1)\nשלום (1)\na much longer line than the others',
  )
  const range = document.createRange()
  const words = [...node!.childNodes].find((each) => each instanceof Text && each.data !== '')!
  const text = words.textContent!
  const leftOf = (letter: string): number => {
    range.setStart(words, text.indexOf(letter))
    range.setEnd(words, text.indexOf(letter) + 1)
    return range.getBoundingClientRect().left
  }
  expect(leftOf('h')).to.be.lessThan(leftOf('o'))
  expect(leftOf('ש'), 'the first Hebrew letter is right of the last').to.be.greaterThan(leftOf('ם'))
  expect(leftOf('ש'), 'the Hebrew line begins at the right').to.be.greaterThan(leftOf('o') + 60)
})

test('a long text without spaces stays within the panel', async () => {
  const [chat, partner] = await meetPartner()
  for (const [width, height] of [
    [800, 600],
    [320, 480],
  ] as const) {
    resize(chat, width, height)
    const [node] = await receive(chat, partner, `${'W'.repeat(1500)}\u00a0${'🙂'.repeat(300)}`)
    const panel = part(chat, 'messages') ?? node!.parentElement!
    expect(panel.scrollWidth).to.be.at.most(panel.clientWidth)
    partner.send({ type: 'text', text: 'next size' })
  }
})

test('`textFilter` decides about texts in both directions, at once', async () => {
  const [chat, partner] = await meetPartner()
  chat.textFilter = (text, direction) =>
    direction === 'in' ? text.replaceAll('bad', '***') : !text.includes('bad') && text
  const [node] = await receive(chat, partner, 'a bad word')
  expect(node?.textContent).to.equal('a *** word')
  expect(() => chat.send('bad'))
    .to.throw()
    .with.property('code', 'text-filtered')
  chat.textFilter = undefined
  chat.send('bad')
  expect(await partner.receive('text')).to.have.property('text', 'bad')
})
