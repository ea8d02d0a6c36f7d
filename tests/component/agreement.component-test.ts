// With `agreement`, the visitor has to agree before the camera, the microphone or a connection is opened.
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
} from './stage.ts'

const { getUserMedia } = navigator.mediaDevices
const { WebSocket: Original, fetch } = window
const opened: string[] = []

setup(() => {
  opened.length = 0
  navigator.mediaDevices.getUserMedia = (constraints) => {
    opened.push('devices')
    return getUserMedia.call(navigator.mediaDevices, constraints)
  }
  window.WebSocket = class extends Original {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      opened.push('socket')
    }
  }
  window.fetch = (...request) => {
    opened.push('fetch')
    return fetch(...request)
  }
})
teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  window.WebSocket = Original
  window.fetch = fetch
  localStorage.removeItem('buddy-agreement')
  await clear()
})

const required = {
  agreement: '2026-11',
  minage: '18',
  termsurl: '/terms',
  privacyurl: 'https://site.example/privacy',
}

/** Records the details of `buddy-agreement` events, in an array that grows. */
function recordAnswers(chat: BuddyChat): unknown[] {
  const details: unknown[] = []
  chat.addEventListener('buddy-agreement', ({ detail }) => details.push(detail))
  return details
}

async function pressFocused(chat: BuddyChat, name: string): Promise<void> {
  const button = await until(`the part ${name}`, () => part(chat, name))
  button.focus()
  await press(chat, name)
}

test('Start asks first and opens nothing; “I agree” needs the tick box for the age, then starts', async () => {
  const chat = await mount(required)
  const answers = recordAnswers(chat)
  await pressFocused(chat, 'start-button')
  await untilShown(chat, 'I am 18 years old or older.')
  expect(focused(chat)).to.equal('agreement-screen')
  expect([
    part<HTMLAnchorElement>(chat, 'terms-link')?.href,
    part<HTMLAnchorElement>(chat, 'privacy-link')?.href,
  ]).to.deep.equal([`${location.origin}/terms`, 'https://site.example/privacy'])
  await Promise.all([expectAccessible(chat), expectToFit(chat)])
  await press(chat, 'accept-agreement-button')
  expect([isShown(chat, 'agreement-screen'), opened, answers]).to.deep.equal([true, [], []])
  part<HTMLInputElement>(chat, 'age-box')!.click()
  await pressFocused(chat, 'accept-agreement-button')
  await untilState(chat, 'waiting')
  expect(answers).to.deep.equal([{ version: '2026-11', agreed: true }])
  expect(chat.agreed).to.equal('2026-11')
  expect(focused(chat)).to.equal('control next-button')
})

test('a refusal opens nothing, leads back to the start screen with a sentence, and is asked again', async () => {
  const chat = await mount(required)
  const answers = recordAnswers(chat)
  const code = chat.start().catch((error: { code: string }) => error.code)
  await pressFocused(chat, 'refuse-agreement-button')
  expect(await code).to.equal('aborted')
  await untilShown(chat, 'You did not agree, so nothing was started.')
  expect(focused(chat)).to.equal('start-button')
  await Promise.all([expectAccessible(chat), expectToFit(chat)])
  expect([opened, answers]).to.deep.equal([[], [{ version: '2026-11', agreed: false }]])
  await press(chat, 'start-button')
  expect(isShown(chat, 'agreement-screen')).to.equal(true)
})

test('the preview, `autostart` and the connection check wait for the agreement too', async () => {
  const chat = await mount(required)
  await press(chat, 'preview-button')
  const visit = chat.showDoctor()
  await untilShown(chat, 'Before you start')
  expect(opened).to.deep.equal([])
  await press(chat, 'refuse-agreement-button')
  await visit
  expect([opened, chat.localStream, isShown(chat, 'doctor')]).to.deep.equal([[], undefined, false])

  const automatic = await mount({ agreement: '1', autostart: '' })
  await untilShown(automatic, 'Before you start')
  expect(opened).to.deep.equal([])
  await press(automatic, 'accept-agreement-button')
  await untilState(automatic, 'waiting')
})

test('a page can answer by `agreed`, at first or while the question is shown; another version is asked again', async () => {
  const chat = await mount({ agreement: '1', agreed: '1', mode: 'text' })
  await chat.start()
  await untilState(chat, 'waiting')
  chat.stop()
  chat.agreement = '2'
  const started = chat.start()
  await untilShown(chat, 'Before you start')
  chat.agreed = '2'
  await started
  await untilState(chat, 'waiting')
  expect(isShown(chat, 'agreement-screen')).to.equal(false)
})

test('a page that cancels `buddy-agreement` starts the chat itself', async () => {
  const chat = await mount({ agreement: '1', mode: 'text' })
  chat.addEventListener('buddy-agreement', (event) => event.preventDefault())
  await press(chat, 'start-button')
  await press(chat, 'accept-agreement-button')
  expect([chat.state, chat.agreed, opened]).to.deep.equal(['idle', '', []])
  expect(isShown(chat, 'agreement-refused')).to.equal(false)
  chat.agreed = '1'
  await chat.start()
  expect(chat.state).to.equal('waiting')
})

for (const remember of [false, true]) {
  test(`${remember ? 'stores the version with `remember`' : 'stores nothing'}`, async () => {
    const attributes = { agreement: '1', mode: 'text', ...(remember && { remember: '' }) }
    const first = await mount(attributes)
    await press(first, 'start-button')
    await press(first, 'accept-agreement-button')
    await untilState(first, 'waiting')
    expect(localStorage.getItem('buddy-agreement')).to.equal(remember ? '1' : null)
    const second = await mount(attributes)
    await press(second, 'start-button')
    if (remember) await untilState(second, 'waiting')
    else expect(isShown(second, 'agreement-screen')).to.equal(true)
  })
}

test('the slot `agreement` replaces the words, and a link that could run a script is not shown', async () => {
  const chat = await mount({ agreement: '1', termsurl: 'javascript:alert(1)', mode: 'text' })
  await press(chat, 'start-button')
  await untilShown(chat, 'nobody checks them beforehand')
  expect(isShown(chat, 'terms-link')).to.equal(false)
  const own = Object.assign(document.createElement('p'), { slot: 'agreement' })
  own.textContent = 'House rules of this site'
  chat.append(own)
  expect(part(chat, 'agreement-screen')!.innerText).not.to.contain('nobody checks')
  expect(own.checkVisibility()).to.equal(true)
})

test('stop() closes the question', async () => {
  const chat = await mount({ agreement: '1' })
  const code = chat.start().catch((error: { code: string }) => error.code)
  await untilShown(chat, 'Before you start')
  chat.stop()
  expect(await code).to.equal('aborted')
  await chat.updateComplete
  expect([isShown(chat, 'agreement-screen'), isShown(chat, 'agreement-refused')]).to.deep.equal([
    false,
    false,
  ])
})
