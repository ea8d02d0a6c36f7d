// The wait: whom the search accepts, why no partner is available, and what the visitor can change. The server
// sends only the messages of the test.
import { expect } from 'chai'
import { ScriptedServer } from './scripted-server.ts'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  focused,
  isShown,
  mount,
  part,
  press,
  resize,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

let server: ScriptedServer

setup(() => {
  server = new ScriptedServer()
})
teardown(async () => {
  await clear()
  server.remove()
})

/** Mounts an element whose visitor likes chess and speaks English, and waits in the queue. */
async function wait(attributes: Readonly<Record<string, string>> = {}): Promise<BuddyChat> {
  const chat = await mount({ mode: 'text', interests: 'chess', languages: 'en', ...attributes })
  await chat.start()
  await untilState(chat, 'waiting')
  return chat
}

const region = (chat: BuddyChat): string =>
  chat.renderRoot.querySelector('[aria-live="polite"][role="status"].unseen')!.textContent.trim()

const buttons = [
  'keep-interests-button',
  'keep-languages-button',
  'anybody-button',
  'change-button',
]
/** Lets the server explain the wait, and the element show it. */
async function explain(
  chat: BuddyChat,
  ...change: Parameters<ScriptedServer['explain']>
): Promise<void> {
  server.explain(...change)
  await chat.updateComplete
}

const shownButtons = (chat: BuddyChat): string[] => buttons.filter((name) => isShown(chat, name))

/** The criteria that the client has sent last, without those that the test does not set. */
function latestChange(): object | undefined {
  const change = server.sent('change').at(-1)
  return (
    change && {
      interests: change.interests,
      languages: change.languages,
      keep: change.keep ?? null,
    }
  )
}

for (const mode of ['video', 'text']) {
  test(`${mode} mode: shows whom it looks for, how many are there, how long it takes and when it widens`, async () => {
    const chat = await wait({ mode })
    await explain(chat)
    await untilShown(chat, 'Looking for someone who likes chess and speaks English…')
    const text = visibleText(chat)
    expect(text).to.include('3 people here now')
    expect(text).to.include('Lately others waited up to 20 seconds.')
    expect(text).to.include('The search widens in 600 seconds.')
    expect(shownButtons(chat)).to.deep.equal(buttons)
    expect(region(chat)).to.equal('Looking for someone who likes chess and speaks English…')
    await expectAccessible(chat)
  })
}

test('every control of the wait can be scrolled into view at 280 × 440 and at 320 × 480 px', async () => {
  for (const mode of ['video', 'text']) {
    for (const dir of ['ltr', 'rtl']) {
      const chat = await wait({ mode, dir, interests: `chess, ${'x'.repeat(48)}, go, tea` })
      await explain(chat, { interests: ['chess', 'x'.repeat(48), 'go', 'tea'] })
      for (const [width, height] of [
        [280, 440],
        [320, 480],
      ] as const) {
        resize(chat, width, height)
        // Ends the transition that hides the messages.
        for (const panel of chat.renderRoot.querySelectorAll('.panel')) {
          for (const running of panel.getAnimations()) running.finish()
        }
        for (const name of buttons) {
          const button = part(chat, name)!
          button.scrollIntoView({ block: 'nearest' })
          const box = button.getBoundingClientRect()
          const frame = chat.getBoundingClientRect()
          const where = `${name} in ${mode} mode, ${dir}, ${width} px`
          expect(box.height, where).to.be.at.least(24)
          expect(box.left, where).to.be.at.least(frame.left)
          expect(box.right, where).to.be.at.most(frame.right)
          expect(box.top, where).to.be.at.least(frame.top)
          // Nothing covers the button.
          const { x, y } = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
          const hit = (chat.renderRoot as ShadowRoot).elementFromPoint(x, y)
          expect(hit?.closest('button')?.part.value, where).to.include(name)
        }
      }
    }
  }
})

test('in text mode the fields are shown in full, and nothing covers the message field', async () => {
  const chat = await wait()
  await explain(chat)
  for (const [width, height] of [
    [280, 440],
    [480, 360],
    [800, 600],
  ] as const) {
    for (const isOpen of [true, false]) {
      resize(chat, width, height)
      await press(chat, isOpen ? 'change-button' : 'close-criteria-button')
      const where = `${width} px, ${isOpen ? 'open' : 'closed'}`
      const box = (name: string): DOMRect => part(chat, name)!.getBoundingClientRect()
      expect(box('text-input').bottom, where).to.be.at.most(box('controls').top + 0.5)
      if (!isOpen) continue
      expect(box('stage').bottom, where).to.be.at.least(box('criteria-panel').bottom)
      for (const name of ['interest-input', 'add-language-button']) {
        part(chat, name)!.scrollIntoView({ block: 'nearest' })
        expect(box(name).bottom, where).to.be.at.most(box('criteria-panel').bottom + 0.5)
        expect(box(name).top, where).to.be.at.least(box('criteria-panel').top - 0.5)
      }
    }
  }
})

test('a server that does not explain the wait: the element shows only that it searches', async () => {
  const chat = await wait()
  expect(visibleText(chat)).to.include('Looking for someone…')
  expect(visibleText(chat)).to.include('3 people here now')
  expect(shownButtons(chat)).to.deep.equal([])
})

test('the search widens: announced once, and not every second', async () => {
  const chat = await wait()
  await explain(chat, { widensInMs: 2000 })
  await untilShown(chat, 'The search widens in 2 seconds.')
  const announced = region(chat)
  const changes: string[] = []
  new MutationObserver(() => changes.push(region(chat))).observe(chat.renderRoot, {
    characterData: true,
    childList: true,
    subtree: true,
  })
  await untilShown(chat, 'The search widens now.')
  expect(new Set(changes)).to.deep.equal(new Set([announced]))
  await explain(chat, { interests: [], widensInMs: null })
  await untilShown(chat, 'Looking for someone who speaks English…')
  expect(region(chat)).to.equal('Looking for someone who speaks English…')
  expect(visibleText(chat)).not.to.include('The search widens')
})

for (const [obstacle, text] of [
  ['known-people', 'You have just met everybody who is here.'],
  ['few-people', 'Nobody else is here right now.'],
] as const) {
  test(`${obstacle}: shows and announces why nobody comes, and promises no time`, async () => {
    const chat = await wait()
    await explain(chat, { obstacle, interests: [], languages: [], widensInMs: null })
    await untilShown(chat, text)
    expect(region(chat)).to.include(text)
    expect(visibleText(chat)).not.to.include('Lately others waited')
    await expectAccessible(chat)
  })
}

suite('the visitor', () => {
  test('refuses that the search widens, for interests and languages', async () => {
    const chat = await wait()
    await explain(chat)
    const chosen = { interests: ['chess'], languages: ['en'] }
    for (const [name, keep] of [
      ['keep-interests-button', { interests: true, languages: false }],
      ['keep-languages-button', { interests: true, languages: true }],
      ['keep-interests-button', { interests: false, languages: true }],
      ['keep-languages-button', null],
    ] as const) {
      part(chat, name)?.focus()
      await press(chat, name)
      expect(latestChange()).to.deep.equal({ ...chosen, keep })
      const key = name === 'keep-interests-button' ? 'interests' : 'languages'
      expect(part(chat, name)?.ariaPressed).to.equal(String(keep?.[key] ?? false))
      expect(focused(chat)).to.equal(name)
    }
    await press(chat, 'keep-interests-button')
    await expectAccessible(chat)
  })

  test('looks for anybody in this search, and the choice counts again from the next', async () => {
    const chat = await wait()
    await explain(chat)
    await press(chat, 'anybody-button')
    expect(latestChange()).to.deep.equal({ interests: [], languages: [], keep: null })
    await explain(chat, { interests: [], languages: [], widensInMs: null })
    await untilShown(chat, 'Use my interests and languages again')
    expect(shownButtons(chat)).to.deep.equal(['anybody-button', 'change-button'])
    expect(chat.criteria.interests).to.deep.equal(['chess'])
    server.match()
    await untilState(chat, 'connected')
    await press(chat, 'next-button')
    await untilState(chat, 'waiting')
    const next = server.sent('ticket').at(-1)
    expect([next?.interests, next?.languages]).to.deep.equal([['chess'], ['en']])
  })

  test('changes interests in the panel, which gets the focus and gives it back', async () => {
    const chat = await wait()
    await explain(chat)
    await press(chat, 'change-button')
    expect(focused(chat)).to.equal('interest-input')
    // In text mode the fields take the place of the button.
    const button = chat.renderRoot.querySelector('[part~="change-button"]')
    expect(button?.ariaExpanded).to.equal('true')
    const field = part<HTMLInputElement>(chat, 'interest-input')!
    field.value = 'go,'
    field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }))
    await chat.updateComplete
    expect(latestChange()).to.deep.equal({
      interests: ['chess', 'go'],
      languages: ['en'],
      keep: null,
    })
    expect(server.sent('ticket')).to.have.length(1)
    await expectAccessible(chat)
    field.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true }),
    )
    await chat.updateComplete
    expect(isShown(chat, 'criteria-panel')).to.equal(false)
    expect(focused(chat)).to.include('change-button')
  })

  test('who types in the panel when a partner is found stays in the field', async () => {
    const chat = await wait()
    await explain(chat)
    await press(chat, 'change-button')
    part<HTMLInputElement>(chat, 'interest-input')!.value = 'mus'
    server.match()
    await untilState(chat, 'connected')
    expect(focused(chat)).to.equal('interest-input')
    expect(part<HTMLInputElement>(chat, 'interest-input')!.value).to.equal('mus')
    await press(chat, 'close-criteria-button')
    expect(isShown(chat, 'criteria-panel')).to.equal(false)
  })

  test('has one panel open at a time', async () => {
    const chat = await wait({ mode: 'audio' })
    await explain(chat)
    await press(chat, 'devices-button')
    await until('the list of microphones', () => isShown(chat, 'microphone-picker'))
    await press(chat, 'change-button')
    expect([isShown(chat, 'devices-panel'), isShown(chat, 'criteria-panel')]).to.deep.equal([
      false,
      true,
    ])
    await press(chat, 'devices-button')
    expect([isShown(chat, 'devices-panel'), isShown(chat, 'criteria-panel')]).to.deep.equal([
      true,
      false,
    ])
    expect(focused(chat)).to.include('microphone-picker')
  })
})

test('the page changes the presets while the visitor waits: the search changes at once', async () => {
  const chat = await wait({ nointerests: '' })
  chat.interests = ['tea']
  await chat.updateComplete
  expect(latestChange()).to.deep.equal({ interests: ['tea'], languages: ['en'], keep: null })
  expect(visibleText(chat)).not.to.include('Changed settings count from the next start.')
})

test('says why the two met, at the beginning of the call and only once', async () => {
  const chat = await wait()
  const announced: string[] = []
  new MutationObserver(() => announced.push(region(chat))).observe(chat.renderRoot, {
    characterData: true,
    childList: true,
    subtree: true,
  })
  server.match({ interests: ['chess', 'go'], languages: ['pl'], isRematch: true })
  await untilState(chat, 'connected')
  const reason =
    'You have met before; nobody else is here. You both like chess and go. You both speak Polish.'
  expect(part(chat, 'reason')?.innerText).to.equal(reason)
  expect(part(chat, 'partner-name')?.innerText).to.equal('Bob')
  server.send({ type: 'partner-away' })
  await untilShown(chat, 'Bob’s connection is interrupted…')
  expect([...new Set(announced)].filter((text) => text.includes(reason))).to.have.length(1)
  await expectAccessible(chat)
})
