// The sheet in which a visitor reports or blocks the present or the previous partner.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  focused,
  isShown,
  meet,
  mount,
  newLobby,
  part,
  Partner,
  press,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

teardown(clear)

function key(chat: BuddyChat, name: string): void {
  const target = (chat.renderRoot as ShadowRoot).activeElement ?? part(chat, 'stop-button')!
  const init = { key: name, bubbles: true, composed: true, cancelable: true }
  target.dispatchEvent(new KeyboardEvent('keydown', init))
}

/** Records the details of `buddy-report` and `buddy-block` events, in an array that grows. */
function record(chat: BuddyChat): unknown[] {
  const details: unknown[] = []
  for (const name of ['buddy-report', 'buddy-block'] as const) {
    chat.addEventListener(name, ({ detail }) => details.push([name, detail]))
  }
  return details
}

/** Mounts an element that has pressed Next in a call with Zoë, and is alone now. */
async function afterNext(): Promise<{ chat: BuddyChat; room: string }> {
  const lobby = newLobby()
  const zoe = await Partner.waiting(lobby, 'Zoë')
  const chat = await mount({ lobby })
  await chat.start()
  const { room } = await zoe.receive('matched')
  await untilState(chat, 'negotiating')
  chat.next()
  await zoe.receive('partner-left')
  zoe.close()
  await untilState(chat, 'waiting')
  return { chat, room }
}

/**
 * Moves the element into a small window. Fails if a button of the sheet is cut off there, or if the sheet scrolls
 * sideways.
 */
async function expectSheetToFit(chat: BuddyChat, width: number, height: number): Promise<void> {
  const frame = document.body.appendChild(document.createElement('iframe'))
  try {
    Object.assign(frame.style, { width: `${width}px`, height: `${height}px`, border: '0' })
    frame.contentDocument!.body.append(chat)
    await until('the modal sheet', () => part(chat, 'report-sheet')?.matches(':modal'))
    const sheet = part(chat, 'report-sheet')!
    const buttons = ['send-report-button', 'block-button', 'cancel-report-button']
    const cut = buttons.filter((name) => {
      const { left, right, top, bottom } = part(chat, name)!.getBoundingClientRect()
      return left < 0 || top < 0 || right > width || bottom > height
    })
    expect([width, cut, sheet.scrollWidth <= sheet.clientWidth]).to.deep.equal([width, [], true])
    document.body.append(chat)
    await chat.updateComplete
  } finally {
    frame.remove()
  }
}

const reasonNames = ['nudity', 'minor', 'harassment', 'threats', 'spam', 'other']

test('the button opens the sheet, which names all reasons and says what happens', async () => {
  const [ana] = await meet()
  expect(part(ana, 'report-button')?.ariaLabel).to.equal('Report or block')
  await press(ana, 'report-button')
  await until('the sheet', () => isShown(ana, 'report-sheet'))
  expect(reasonNames.filter((name) => isShown(ana, `report-${name}`))).to.deep.equal(reasonNames)
  expect(focused(ana)).to.equal('report-reason report-nudity')
  const text = visibleText(ana)
  for (const sentence of [
    'The chat ends at once.',
    'You will not meet this person again.',
    'The site’s moderators see your report.',
  ]) {
    expect(text).to.contain(sentence)
  }
  expect(isShown(ana, 'report-target')).to.equal(false)
  await expectAccessible(ana)
  await expectSheetToFit(ana, 280, 440)
  await expectSheetToFit(ana, 640, 320)
})

test('R opens the sheet, and Escape closes only the sheet and returns the focus', async () => {
  const [ana] = await meet()
  part(ana, 'next-button')!.focus()
  key(ana, 'r')
  await until('the sheet', () => isShown(ana, 'report-sheet'))
  const escaped: unknown[] = []
  const listen = ({ key: name }: KeyboardEvent): unknown => name === 'Escape' && escaped.push(name)
  document.addEventListener('keydown', listen)
  // Letters are no shortcuts while the sheet is open.
  key(ana, 'n')
  key(ana, 'Escape')
  document.removeEventListener('keydown', listen)
  await until('it is closed', () => !isShown(ana, 'report-sheet'))
  expect([ana.state, escaped, focused(ana)]).to.deep.equal(['connected', [], 'control next-button'])
})

test('a report needs a reason; it ends the call of both, is confirmed, and the search goes on', async () => {
  const [ana, bob] = await meet()
  const details = record(ana)
  const room = ana.client.partner!.room
  const left = new Promise((resolve) =>
    bob.addEventListener('buddy-leave', ({ detail }) => resolve(detail.reason), { once: true }),
  )
  part(ana, 'report-button')!.focus()
  await press(ana, 'report-button')
  await press(ana, 'send-report-button')
  expect([ana.state, isShown(ana, 'report-sheet'), details]).to.deep.equal(['connected', true, []])
  part(ana, 'report-threats')!.click()
  await press(ana, 'send-report-button')
  await until('the end of the call', () => ana.client.partner?.room !== room)
  expect(isShown(ana, 'report-sheet')).to.equal(false)
  expect(details).to.deep.equal([['buddy-report', { reason: 'threats', room }]])
  expect(await left).to.be.oneOf(['partner-left', 'partner-next'])
  await until('the announcement', () =>
    ana.renderRoot.querySelector('[role="status"]')?.textContent?.includes('Your report was sent.'),
  )
  expect(focused(ana)).to.equal('control report-button')
  expect(ana.state).not.to.equal('idle')
})

test('the confirmation stays visible if the next call begins at once', async () => {
  const [ana] = await meet()
  const lobby = ana.lobby
  await Partner.waiting(lobby, 'Zoë')
  await press(ana, 'report-button')
  part(ana, 'report-spam')!.click()
  await press(ana, 'send-report-button')
  await untilShown(ana, 'Connecting you with Zoë')
  expect(part(ana, 'status')?.innerText).to.contain('Your report was sent.')
})

test('“Block without report” needs no reason, and dispatches `buddy-block`', async () => {
  const [ana] = await meet()
  const details = record(ana)
  const room = ana.client.partner!.room
  await press(ana, 'report-button')
  await press(ana, 'block-button')
  await until('the end of the call', () => ana.client.partner?.room !== room)
  expect(details).to.deep.equal([['buddy-block', { room }]])
  await untilShown(ana, 'Blocked. You will not meet this person again.')
})

test('a page can cancel a report and a block; the call then goes on', async () => {
  const [ana] = await meet()
  for (const name of ['buddy-report', 'buddy-block'] as const) {
    ana.addEventListener(name, (event) => event.preventDefault())
  }
  await press(ana, 'report-button')
  part(ana, 'report-other')!.click()
  await press(ana, 'send-report-button')
  await press(ana, 'report-button')
  await press(ana, 'block-button')
  ana.block()
  ana.report('spam')
  await ana.updateComplete
  expect([ana.state, isShown(ana, 'report-sheet')]).to.deep.equal(['connected', false])
  expect(visibleText(ana)).not.to.match(/was sent|Blocked/)
})

test('the still is off by default, shows exactly what would be sent, and is dropped when unticked', async () => {
  const [ana] = await meet()
  await until('a picture', () => part<HTMLVideoElement>(ana, 'remote-video')?.videoWidth)
  await press(ana, 'report-button')
  const box = await until('the box', () => part<HTMLInputElement>(ana, 'attach-still'))
  expect([box.checked, isShown(ana, 'still')]).to.deep.equal([false, false])
  box.click()
  const canvas = await until('the still', () => {
    const drawn = part<HTMLCanvasElement>(ana, 'still')
    return drawn && drawn.width !== 300 ? drawn : undefined
  })
  const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data
  expect(
    pixels.some((value, index) => index % 4 < 3 && value > 40),
    'is not black',
  ).to.equal(true)
  await expectAccessible(ana)
  box.click()
  await until('no still', () => !isShown(ana, 'still'))
  // A still that was taken again by mistake would be here by now.
  await ana.client.captureStill()
  await ana.updateComplete
  expect([box.checked, isShown(ana, 'still')]).to.deep.equal([false, false])
  await press(ana, 'hide-picture-button')
  expect(isShown(ana, 'remote-video')).to.equal(false)
  await press(ana, 'cancel-report-button')
  await until('the picture', () => isShown(ana, 'remote-video'))
})

test('a still is offered neither without a picture nor for the previous partner', async () => {
  const [ana, bob] = await meet()
  bob.client.setVideoEnabled(false)
  await untilShown(ana, 'Bob’s camera is off')
  await press(ana, 'report-button')
  expect([isShown(ana, 'attach-still'), isShown(ana, 'hide-picture-button')]).to.deep.equal([
    false,
    false,
  ])
})

test('the note is cut to 1000 bytes, and shows how much is left', async () => {
  const [ana] = await meet({ mode: 'text' })
  await press(ana, 'report-button')
  const field = part<HTMLTextAreaElement>(ana, 'report-note')!
  field.value = 'é'.repeat(600)
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  await ana.updateComplete
  expect(field.value).to.equal('é'.repeat(500))
  expect(part(ana, 'note-left')?.innerText).to.equal('0 left')
})

test('after Next, a button, the control and R report the previous partner', async () => {
  const { chat, room } = await afterNext()
  const details = record(chat)
  expect(part(chat, 'report-earlier-button')?.innerText).to.equal('Report the previous chat')
  expect(part(chat, 'report-button')?.ariaLabel).to.equal('Report the previous chat')
  await Promise.all([expectAccessible(chat), expectToFit(chat)])
  part(chat, 'report-earlier-button')!.focus()
  key(chat, 'r')
  await until('the sheet', () => isShown(chat, 'report-sheet'))
  expect(visibleText(chat)).not.to.contain('The chat ends at once.')
  expect(isShown(chat, 'attach-still')).to.equal(false)
  part(chat, 'report-nudity')!.click()
  await press(chat, 'send-report-button')
  expect(details).to.deep.equal([['buddy-report', { reason: 'nudity', room }]])
  // A partner can be reported once.
  await until('no button', () => !isShown(chat, 'report-earlier-button'))
  expect(part(chat, 'report-button')?.ariaDisabled).to.equal('true')
  expect(focused(chat)).to.equal('control report-button')
  key(chat, 'r')
  await chat.updateComplete
  expect(isShown(chat, 'report-sheet')).to.equal(false)
})

test('in the next call, the sheet offers the present and the earlier partner; a report of the earlier one keeps the call', async () => {
  const { chat, room } = await afterNext()
  const bob = await mount({ lobby: chat.lobby, name: 'Bob' })
  await bob.start()
  await untilState(chat, 'connected')
  const present = chat.client.partner!.room
  const details = record(chat)
  await press(chat, 'report-button')
  await untilShown(chat, 'Bob, who is here now')
  await untilShown(chat, 'Zoë, who was here before')
  await expectAccessible(chat)
  await expectSheetToFit(chat, 280, 440)
  const [, earlier] = chat.renderRoot.querySelectorAll<HTMLInputElement>('[part="report-target"]')
  earlier!.click()
  await chat.updateComplete
  expect(isShown(chat, 'attach-still')).to.equal(false)
  part(chat, 'report-harassment')!.click()
  await press(chat, 'send-report-button')
  await untilShown(chat, 'Your report was sent.')
  expect(details).to.deep.equal([['buddy-report', { reason: 'harassment', room }]])
  expect([chat.state, chat.client.partner?.room]).to.deep.equal(['connected', present])
})

test('a sheet that is open keeps its person if they leave and others follow', async () => {
  const lobby = newLobby()
  const zoe = await Partner.waiting(lobby, 'Zoë')
  const chat = await mount({ lobby })
  await chat.start()
  const { room } = await zoe.receive('matched')
  const details = record(chat)
  await press(chat, 'report-button')
  zoe.send({ type: 'leave' })
  for (const name of ['Max', 'Mia']) {
    await untilState(chat, 'waiting')
    const next = await Partner.waiting(`${lobby}-${name}`, name)
    next.send({ type: 'ticket', mode: 'video', lobby, interests: [], languages: [], offer: null })
    await next.receive('matched')
    await untilState(chat, 'negotiating')
    next.send({ type: 'leave' })
  }
  await untilState(chat, 'waiting')
  part(chat, 'report-other')!.click()
  await press(chat, 'send-report-button')
  expect(details).to.deep.equal([['buddy-report', { reason: 'other', room }]])
})

test('the control keeps its place and does nothing while there is nobody to report; Stop forgets the earlier partner', async () => {
  const { chat } = await afterNext()
  chat.stop()
  await chat.start()
  await untilState(chat, 'waiting')
  expect(part(chat, 'report-button')?.ariaDisabled).to.equal('true')
  expect(isShown(chat, 'report-earlier-button')).to.equal(false)
  part(chat, 'report-button')!.click()
  await chat.updateComplete
  expect(isShown(chat, 'report-sheet')).to.equal(false)
})

test('Stop by the page closes the sheet', async () => {
  const [ana] = await meet({ mode: 'text' })
  await press(ana, 'report-button')
  ana.stop()
  await ana.updateComplete
  expect([isShown(ana, 'report-sheet'), focused(ana)]).to.deep.equal([false, 'start-button'])
})

test('`noreport` hides the button, and R does nothing', async () => {
  const [ana] = await meet({ mode: 'text', noreport: '' })
  expect(isShown(ana, 'report-button')).to.equal(false)
  part(ana, 'next-button')!.focus()
  key(ana, 'r')
  await ana.updateComplete
  expect(isShown(ana, 'report-sheet')).to.equal(false)
})
