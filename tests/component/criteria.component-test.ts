// Interests and languages on the start screen: actions by mouse and keyboard, announcements, and storage.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  expectAccessible,
  expectToFit,
  focused,
  isShown,
  mount,
  newLobby,
  part,
  press,
  resize,
  untilState,
  visibleText,
} from './stage.ts'

const { getItem, setItem } = Storage.prototype

teardown(async () => {
  await clear()
  Object.assign(Storage.prototype, { getItem, setItem })
  localStorage.clear()
  document.documentElement.lang = 'en'
})

/** Mounts an element that is high enough to show the fields without a button. */
async function mountHigh(attributes: Readonly<Record<string, string>> = {}): Promise<BuddyChat> {
  const chat = await mount({ languages: 'en', ...attributes })
  resize(chat, 800, 700)
  return chat
}

const field = (chat: BuddyChat): HTMLInputElement => part<HTMLInputElement>(chat, 'interest-input')!

const texts = (chat: BuddyChat, name: string): string[] =>
  [...chat.renderRoot.querySelectorAll<HTMLElement>(`[part="${name}"]`)].map(
    ({ innerText }) => innerText,
  )

/** Enters a text as a keyboard does, and lets the element render. */
async function type(chat: BuddyChat, text: string, init: InputEventInit = {}): Promise<void> {
  field(chat).value += text
  field(chat).dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, ...init }))
  await chat.updateComplete
}

async function key(chat: BuddyChat, name: string, init: KeyboardEventInit = {}): Promise<boolean> {
  const isLeft = field(chat).dispatchEvent(
    new KeyboardEvent('keydown', {
      key: name,
      bubbles: true,
      composed: true,
      cancelable: true,
      ...init,
    }),
  )
  await chat.updateComplete
  return isLeft
}

async function paste(chat: BuddyChat, text: string): Promise<boolean> {
  const clipboardData = new DataTransfer()
  clipboardData.setData('text', text)
  const isLeft = field(chat).dispatchEvent(
    new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
  )
  await chat.updateComplete
  return isLeft
}

const remark = (chat: BuddyChat, name = 'interests-remark'): string =>
  chat.renderRoot.querySelector(`[part="${name}"]`)!.textContent.trim()

suite('interests', () => {
  test('Enter adds what is typed, and never starts the chat', async () => {
    const chat = await mountHigh()
    await type(chat, ' board   games ')
    expect(await key(chat, 'Enter')).to.equal(false)
    expect(await key(chat, 'Enter')).to.equal(false)
    expect(texts(chat, 'interest')).to.deep.equal(['board games'])
    expect([field(chat).value, chat.state]).to.deep.equal(['', 'idle'])
    expect(remark(chat)).to.equal('board games added.')
  })

  test('a comma adds what is typed before it, also the comma of other scripts', async () => {
    const chat = await mountHigh()
    await type(chat, 'chess,')
    await type(chat, '将棋、')
    expect(texts(chat, 'interest')).to.deep.equal(['chess', '将棋'])
    expect(field(chat).value).to.equal('')
  })

  test('keys of an input method add and remove nothing', async () => {
    const chat = await mountHigh({ interests: 'chess' })
    // In Safari, the event of the key that ends a composition follows the composition, with the key code 229.
    await type(chat, '将棋、', { isComposing: true })
    await key(chat, 'Enter', { isComposing: true })
    await key(chat, 'Enter', { keyCode: 229 })
    field(chat).value = ''
    await key(chat, 'Backspace', { isComposing: true })
    expect(texts(chat, 'interest')).to.deep.equal(['chess'])
    // The composition ends with a comma, which completes the interest.
    field(chat).value = '将棋、'
    field(chat).dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))
    await chat.updateComplete
    expect(texts(chat, 'interest')).to.deep.equal(['chess', '将棋'])
  })

  test('Backspace removes the last interest if the field is empty, but not while it is held down', async () => {
    const chat = await mountHigh({ interests: 'chess, go, tea' })
    await key(chat, 'Backspace')
    await key(chat, 'Backspace', { repeat: true })
    expect(texts(chat, 'interest')).to.deep.equal(['chess', 'go'])
    await type(chat, 'x')
    await key(chat, 'Backspace')
    expect(texts(chat, 'interest')).to.deep.equal(['chess', 'go'])
    expect(remark(chat)).to.equal('tea removed.')
  })

  test('the button of an interest removes it, and the focus moves to the next, then to the field', async () => {
    const chat = await mountHigh({ interests: 'chess, go' })
    const name = (): string | null | undefined =>
      (chat.renderRoot as ShadowRoot).activeElement?.getAttribute('aria-label')
    for (const [pressed, next] of [
      ['Remove chess', 'Remove go'],
      ['Remove go', 'Your interests'],
    ] as const) {
      const button = chat.renderRoot.querySelector<HTMLElement>(`[aria-label="${pressed}"]`)!
      button.focus()
      button.click()
      await chat.updateComplete
      expect(name()).to.equal(next)
    }
    expect(texts(chat, 'interest')).to.deep.equal([])
    expect(focused(chat)).to.equal('interest-input')
  })

  test('a pasted list is split, and a pasted word is left to the browser', async () => {
    const chat = await mountHigh()
    expect(await paste(chat, 'chess\ngo; board games\r\n\tchess')).to.equal(false)
    expect(texts(chat, 'interest')).to.deep.equal(['chess', 'go', 'board games'])
    expect(await paste(chat, 'jazz')).to.equal(true)
  })

  test('a repeated, a too long and an eleventh interest are refused with a sentence', async () => {
    const chat = await mountHigh({ interests: 'Café, 2, 3, 4, 5, 6, 7, 8' })
    await type(chat, 'CAFE,')
    expect(remark(chat)).to.equal('CAFE is in your list already.')
    expect(part(chat, 'interests-remark')?.matches('.refusal')).to.equal(true)
    expect(field(chat).value).to.equal('')
    await type(chat, 'x'.repeat(49))
    // The sentence disappears while the visitor types.
    expect(remark(chat)).to.equal('')
    await key(chat, 'Enter')
    expect(remark(chat)).to.equal('That is too long. Use fewer words.')
    expect(field(chat).getAttribute('aria-invalid')).to.equal('true')
    // The visitor can correct what was refused.
    expect(field(chat).value).to.equal('x'.repeat(49))
    field(chat).value = ''
    await type(chat, '9,10,11,')
    expect(remark(chat)).to.equal('Ten interests are the most. Remove one first.')
    expect(field(chat).value).to.equal('11')
    expect(texts(chat, 'interest')).to.have.length(10)
    await expectAccessible(chat)
  })

  test('what is in the field when the visitor presses Start is part of the search', async () => {
    const lobby = newLobby()
    const chat = await mountHigh({ lobby, interests: 'go' })
    await type(chat, 'chess')
    await press(chat, 'start-button')
    await untilState(chat, 'waiting')
    expect(chat.criteria.interests).to.deep.equal(['go', 'chess'])
    expect(chat.clientOptions().interests).to.deep.equal(['go', 'chess'])
  })

  test('what is in the field when it loses the focus is added', async () => {
    const chat = await mountHigh()
    await type(chat, 'chess')
    field(chat).dispatchEvent(new Event('change', { bubbles: true }))
    await chat.updateComplete
    expect(texts(chat, 'interest')).to.deep.equal(['chess'])
  })
})

suite('languages', () => {
  const add = async (chat: BuddyChat, language: string): Promise<void> => {
    part<HTMLSelectElement>(chat, 'language-picker')!.value = language
    await press(chat, 'add-language-button')
  }

  test('are those of the browser, by primary subtag, unless the page presets some', async () => {
    const ownLanguages = Object.getOwnPropertyDescriptor(Navigator.prototype, 'languages')!
    Object.defineProperty(Navigator.prototype, 'languages', {
      configurable: true,
      get: () => ['pt-BR', 'en-US', 'pt'],
    })
    try {
      const chat = await mountHigh({ languages: '' })
      expect(texts(chat, 'language')).to.deep.equal(['Portuguese', 'English'])
      expect(chat.clientOptions().languages).to.deep.equal(['pt', 'en'])
      const preset = await mountHigh({ languages: 'de-AT' })
      expect(preset.criteria.languages).to.deep.equal(['de'])
    } finally {
      Object.defineProperty(Navigator.prototype, 'languages', ownLanguages)
    }
  })

  test('have their names in the language of the page', async () => {
    document.documentElement.lang = 'de'
    const chat = await mountHigh({ languages: 'pl' })
    expect(texts(chat, 'language')).to.deep.equal(['Polnisch'])
    const french = await mountHigh({ languages: 'pl', lang: 'fr' })
    expect(texts(french, 'language')).to.deep.equal(['polonais'])
  })

  test('are added by the list and its button, and not while the visitor steps through the list', async () => {
    const chat = await mountHigh()
    const picker = part<HTMLSelectElement>(chat, 'language-picker')!
    picker.value = 'pl'
    picker.dispatchEvent(new Event('change', { bubbles: true }))
    await chat.updateComplete
    expect(texts(chat, 'language')).to.deep.equal(['English'])
    await add(chat, 'pl')
    expect(texts(chat, 'language')).to.deep.equal(['English', 'Polish'])
    expect(remark(chat, 'languages-remark')).to.equal('Polish added.')
    expect([...picker.options].some(({ value }) => value === 'pl')).to.equal(false)
  })

  test('are moved forward and removed by buttons, which keep the focus', async () => {
    const chat = await mountHigh({ languages: 'en, de, pl' })
    const button = (label: string): HTMLElement =>
      chat.renderRoot.querySelector<HTMLElement>(`[aria-label="${label}"]`)!
    button('Prefer Polish').focus()
    for (const order of [
      ['English', 'Polish', 'German'],
      ['Polish', 'English', 'German'],
      ['Polish', 'English', 'German'],
    ]) {
      button('Prefer Polish').click()
      await chat.updateComplete
      expect(texts(chat, 'language')).to.deep.equal(order)
      const { activeElement } = chat.renderRoot as ShadowRoot
      expect(activeElement?.getAttribute('aria-label')).to.equal('Prefer Polish')
    }
    expect(button('Prefer Polish').ariaDisabled).to.equal('true')
    button('Remove Polish').click()
    await chat.updateComplete
    expect(chat.criteria.languages).to.deep.equal(['en', 'de'])
  })
})

test('by attribute, interests and languages are fixed or hidden', async () => {
  const preset = { interests: 'chess', languages: 'pl' }
  const fixed = await mountHigh({ ...preset, fixedinterests: '', fixedlanguages: '' })
  expect(visibleText(fixed)).to.include('chess')
  expect(visibleText(fixed)).to.include('Polish')
  const controls = ['interest-input', 'remove-interest-button', 'language-picker']
  for (const name of controls) expect(isShown(fixed, name), name).to.equal(false)
  await expectAccessible(fixed)
  const hidden = await mountHigh({ ...preset, nointerests: '', nolanguages: '' })
  expect(visibleText(hidden)).not.to.match(/chess|Polish|Interests/)
  expect(isShown(hidden, 'criteria')).to.equal(false)
  for (const chat of [fixed, hidden]) {
    expect(chat.criteria).to.deep.equal({ interests: ['chess'], languages: ['pl'] })
  }
})

test('the choice of the visitor is reported, and replaced only by a different preset', async () => {
  const chat = await mountHigh({ interests: 'go' })
  const changes: unknown[] = []
  chat.addEventListener('buddy-criteria-change', ({ detail }) => changes.push(detail))
  await type(chat, 'chess,')
  expect(changes).to.deep.equal([{ interests: ['go', 'chess'], languages: ['en'] }])
  chat.interests = ['go']
  await chat.updateComplete
  expect(chat.criteria.interests).to.deep.equal(['go', 'chess'])
  chat.interests = 'tea'
  await chat.updateComplete
  expect(chat.criteria.interests).to.deep.equal(['tea'])
  expect(changes).to.have.length(1)
})

suite('layout', () => {
  for (const dir of ['ltr', 'rtl'] as const) {
    test(`${dir}: every control of the fields can be scrolled into view, and is a target of 24 px`, async () => {
      const chat = await mount({
        dir,
        interests: `chess, go, ${'long '.repeat(9)}, ${'x'.repeat(48)}`,
        languages: 'en, pl, de',
      })
      resize(chat, 280, 440)
      await press(chat, 'criteria-button')
      const names =
        'interest-input remove-interest-button prefer-language-button remove-language-button language-picker add-language-button start-button'
      for (const name of names.split(' ')) {
        for (const node of chat.renderRoot.querySelectorAll(`[part~="${name}"]`)) {
          node.scrollIntoView({ block: 'nearest' })
          const frame = chat.getBoundingClientRect()
          const box = node.getBoundingClientRect()
          expect(box.width, name).to.be.at.least(24)
          expect(box.height, name).to.be.at.least(24)
          expect(box.left, name).to.be.at.least(frame.left)
          expect(box.right, name).to.be.at.most(frame.right)
          expect(box.top, name).to.be.at.least(frame.top - 0.5)
          expect(box.bottom, name).to.be.at.most(frame.bottom + 0.5)
        }
      }
      expect(chat.renderRoot.querySelector('[part="frame"]')!.scrollWidth).to.be.at.most(280)
      await expectAccessible(chat)
    })
  }

  test('a low element shows the fields on request, and Start stays in view until then', async () => {
    const chat = await mount({ interests: 'chess', languages: 'en' })
    resize(chat, 320, 480)
    expect(isShown(chat, 'interest-input')).to.equal(false)
    expect(part(chat, 'criteria-button')?.innerText).to.equal(
      'Interests and languages: chess, English',
    )
    await expectToFit(chat)
    resize(chat, 320, 480)
    await press(chat, 'criteria-button')
    expect(isShown(chat, 'interest-input')).to.equal(true)
    expect(part(chat, 'criteria-button')?.ariaExpanded).to.equal('true')
    await press(chat, 'criteria-button')
    expect(isShown(chat, 'interest-input')).to.equal(false)
  })
})

suite('remember', () => {
  const stored = (): unknown => JSON.parse(localStorage.getItem('buddy-criteria') ?? 'null')

  test('stores the choice for the next visit; without it nothing is stored or read', async () => {
    const chat = await mountHigh()
    await type(chat, 'chess,')
    expect(localStorage.length).to.equal(0)
    const remembering = await mountHigh({ remember: '' })
    expect(localStorage.length).to.equal(0)
    await type(remembering, 'go,')
    expect(stored()).to.deep.equal({ interests: ['go'], languages: ['en'] })
    const next = await mountHigh({ remember: '', interests: 'tea' })
    expect(texts(next, 'interest')).to.deep.equal(['go'])
    const other = await mountHigh()
    expect(texts(other, 'interest')).to.deep.equal([])
  })

  test('stores and reads nothing that the page has fixed', async () => {
    const chat = await mountHigh({ remember: '', fixedlanguages: '' })
    await type(chat, 'go,')
    expect(stored()).to.deep.equal({ interests: ['go'] })
    const fixed = await mountHigh({ remember: '', fixedinterests: '', interests: 'tea' })
    expect(fixed.criteria.interests).to.deep.equal(['tea'])
  })

  test('deletes what is stored when the page removes the attribute', async () => {
    localStorage.setItem('buddy-devices', '{}')
    const chat = await mountHigh({ remember: '' })
    await type(chat, 'go,')
    chat.remember = false
    await chat.updateComplete
    expect(localStorage.length).to.equal(0)
    expect(chat.criteria.interests).to.deep.equal(['go'])
  })

  for (const value of ['{', '[]', '7', '{"interests":"chess","languages":[5,"??"]}', 'null']) {
    test(`ignores the stored value ${value}`, async () => {
      localStorage.setItem('buddy-criteria', value)
      const chat = await mountHigh({ remember: '', interests: 'tea' })
      expect(chat.criteria.interests).to.deep.equal(['tea'])
    })
  }

  test('shortens a stored list that is too long', async () => {
    const interests = Array.from({ length: 500 }, (_, index) => `${index}${'x'.repeat(index)}`)
    localStorage.setItem('buddy-criteria', JSON.stringify({ interests, languages: interests }))
    const chat = await mountHigh({ remember: '' })
    expect(chat.criteria.interests).to.deep.equal(interests.slice(0, 10))
    expect(chat.criteria.languages).to.have.length.at.most(8)
  })

  test('costs nothing if the storage throws', async () => {
    Object.assign(Storage.prototype, {
      getItem: () => {
        throw new DOMException('blocked', 'SecurityError')
      },
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    })
    const chat = await mountHigh({ remember: '', interests: 'tea' })
    await type(chat, 'chess,')
    expect(chat.criteria.interests).to.deep.equal(['tea', 'chess'])
  })
})
