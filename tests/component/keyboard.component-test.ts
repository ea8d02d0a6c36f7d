// Keyboard shortcuts while focus is inside the element, and keys that the element leaves to the
// page.
import { expect } from 'chai'
import {
  clear,
  focused,
  isShown,
  meet,
  mount,
  part,
  press,
  resize,
  until,
  untilShown,
  untilState,
} from './stage.ts'

teardown(clear)

const key = (target: EventTarget, name: string, init: KeyboardEventInit = {}): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', {
    key: name,
    bubbles: true,
    composed: true,
    cancelable: true,
    ...init,
  })
  target.dispatchEvent(event)
  return event
}

/** In Safari, the `keydown` event of the key that ends a composition has these properties. */
const safariComposition = { isComposing: false, keyCode: 229 }

suite('shortcuts', () => {
  test('N looks for the next partner, M mutes, V turns the camera off, S stops the chat', async () => {
    const [ana, bob] = await meet()
    const button = part(ana, 'stop-button')!
    key(button, 'm')
    expect(ana.client.sending.audio).to.equal(false)
    key(button, 'v')
    expect(ana.client.sending.video).to.equal(false)
    key(button, 'N')
    await until('the next call', () => bob.state === 'connected' && ana.state === 'connected')
    key(part(ana, 'stop-button')!, 's')
    expect(ana.state).to.equal('idle')
  })

  test('a shortcut acts once while its key is held down', async () => {
    const [ana, bob] = await meet()
    const left: string[] = []
    bob.addEventListener('buddy-leave', ({ detail }) => left.push(detail.reason))
    const button = part(ana, 'stop-button')!
    for (const name of ['m', 'v']) {
      key(button, name)
      for (let count = 0; count < 22; count++) key(button, name, { repeat: true })
    }
    expect(ana.client.sending).to.deep.equal({ audio: false, video: false })
    for (const name of ['n', 's', 'Escape']) key(button, name, { repeat: true })
    expect([ana.state, left]).to.deep.equal(['connected', []])
    // The browser clicks the focused button again at each repetition of Enter, unless the element
    // prevents that.
    expect(key(button, 'Enter').defaultPrevented).to.equal(false)
    expect(key(button, 'Enter', { repeat: true }).defaultPrevented).to.equal(true)
  })

  test('letters are no shortcuts in the message field, where Enter sends and Shift+Enter does not', async () => {
    const [ana, bob] = await meet()
    resize(ana, 1280, 800)
    await ana.updateComplete
    const field = await until('the field', () => part<HTMLTextAreaElement>(ana, 'text-input'))
    field.focus()
    field.value = 'n m v s'
    for (const name of ['n', 'm', 'v', 's']) {
      expect(key(field, name).defaultPrevented).to.equal(false)
    }
    expect(ana.state).to.equal('connected')
    expect(key(field, 'Enter', { shiftKey: true }).defaultPrevented).to.equal(false)
    expect(field.value).to.equal('n m v s')
    key(field, 'Enter')
    await untilShown(bob, 'n m v s')
    expect(field.value).to.equal('')
    // A text of white space alone is not sent.
    field.value = '  \n '
    key(field, 'Enter')
    expect(field.value).to.equal('  \n ')
  })

  test('the element ignores keys with Ctrl, and keys while focus is outside', async () => {
    const [ana] = await meet()
    const button = part(ana, 'stop-button')!
    expect(key(button, 's', { ctrlKey: true }).defaultPrevented).to.equal(false)
    expect(key(document.body, 's').defaultPrevented).to.equal(false)
    expect(ana.state).to.equal('connected')
  })

  test('the element ignores a key if the page has called preventDefault() on its event', async () => {
    const [ana] = await meet()
    const button = part(ana, 'stop-button')!
    await press(ana, 'devices-button')
    const use = (event: Event): void => event.preventDefault()
    document.addEventListener('keydown', use, { capture: true })
    try {
      for (const name of ['m', 's', 'Escape']) key(button, name)
    } finally {
      document.removeEventListener('keydown', use, { capture: true })
    }
    expect([ana.state, ana.client.sending.audio]).to.deep.equal(['connected', true])
    expect(isShown(ana, 'devices-panel')).to.equal(true)
  })
})

suite('input methods', () => {
  for (const [browser, init] of [
    ['most browsers', { isComposing: true }],
    ['Safari', safariComposition],
  ] as const) {
    test(`in ${browser}, Enter and Escape that end a composition neither send the message nor close a panel`, async () => {
      const [ana, bob] = await meet()
      resize(ana, 390, 700)
      await press(ana, 'text-toggle')
      const field = part<HTMLTextAreaElement>(ana, 'text-input')!
      field.focus()
      field.value = 'にほん'
      key(field, 'Enter', init)
      key(field, 'Escape', init)
      expect(field.value).to.equal('にほん')
      expect(focused(ana)).to.equal('text-input')
      expect(ana.state).to.equal('connected')
      // The next Enter is not part of the composition.
      key(field, 'Enter')
      await untilShown(bob, 'にほん')
    })

    test(`in ${browser}, letters of a composition are no shortcuts`, async () => {
      const [ana] = await meet()
      for (const name of ['m', 's']) key(part(ana, 'stop-button')!, name, init)
      expect([ana.state, ana.client.sending.audio]).to.deep.equal(['connected', true])
    })

    test(`in ${browser}, Enter that ends a composition in the name field does not start the chat`, async () => {
      const chat = await mount()
      const field = part(chat, 'name-input')!
      // By default, the browser submits the form on this event. tests/e2e/keyboard.test.ts checks
      // with a real key that the element prevents that.
      expect(key(field, 'Enter', init).defaultPrevented).to.equal(true)
      expect(key(field, 'Enter').defaultPrevented).to.equal(false)
    })
  }
})

suite('Escape and other keys', () => {
  test('Escape is left to the page, and does not end the call, if nothing in the element is open', async () => {
    const [ana] = await meet()
    const event = key(part(ana, 'stop-button')!, 'Escape')
    expect([event.defaultPrevented, ana.state]).to.deep.equal([false, 'connected'])
  })

  test('Escape closes only the topmost of connection doctor, device panel and messages', async () => {
    const [ana] = await meet()
    resize(ana, 390, 700)
    await press(ana, 'text-toggle')
    void ana.showDoctor()
    await until('the check', () => isShown(ana, 'doctor'))
    const reached: string[] = []
    const listen = ({ key: name }: KeyboardEvent): void => void reached.push(name)
    document.addEventListener('keydown', listen)
    try {
      expect(key(part(ana, 'doctor')!, 'Escape').defaultPrevented).to.equal(true)
      await until('the check to close', () => !isShown(ana, 'doctor'))
      expect(isShown(ana, 'text-panel')).to.equal(true)
      key(part(ana, 'text-input')!, 'Escape')
      await until('the messages to close', () => !isShown(ana, 'text-panel'))
      await press(ana, 'devices-button')
      key(part(ana, 'devices-panel')!, 'Escape')
      await until('the devices to close', () => !isShown(ana, 'devices-panel'))
      // The page must not receive these events, because it may close a dialog of its own on Escape.
      expect(reached).to.deep.equal([])
      key(part(ana, 'stop-button')!, 'Escape')
      expect(reached).to.deep.equal(['Escape'])
      expect(ana.state).to.equal('connected')
    } finally {
      document.removeEventListener('keydown', listen)
    }
  })

  test('Escape that is held down closes only one panel, and the page does not receive the repetitions', async () => {
    const [ana] = await meet()
    resize(ana, 390, 700)
    await press(ana, 'devices-button')
    const reached: boolean[] = []
    const listen = (event: KeyboardEvent): void => void reached.push(event.repeat)
    document.addEventListener('keydown', listen)
    try {
      key(part(ana, 'devices-panel')!, 'Escape')
      const held = key(part(ana, 'devices-button')!, 'Escape', { repeat: true })
      expect(held.defaultPrevented).to.equal(true)
      expect(reached).to.deep.equal([])
    } finally {
      document.removeEventListener('keydown', listen)
    }
  })

  for (const width of [390, 1280]) {
    test(`Escape in the message field keeps the unsent message and the call, at ${width} px`, async () => {
      const [ana] = await meet()
      resize(ana, width, 700)
      if (width < 720) await press(ana, 'text-toggle')
      const field = await until('the field', () => part<HTMLTextAreaElement>(ana, 'text-input'))
      field.focus()
      field.value = 'Half a mess'
      key(field, 'Escape')
      await until('focus to leave', () => focused(ana) !== 'text-input')
      expect(focused(ana)).to.equal(width < 720 ? 'control text-toggle' : 'messages')
      expect([ana.state, field.value]).to.deep.equal(['connected', 'Half a mess'])
    })
  }

  test('Escape and shortcuts do nothing in the element while a popover of the page is open', async () => {
    const [ana] = await meet()
    await press(ana, 'devices-button')
    const popover = document.body.appendChild(document.createElement('div'))
    popover.popover = 'auto'
    popover.textContent = 'A menu of the page'
    popover.showPopover()
    try {
      const button = part(ana, 'stop-button')!
      for (const name of ['Escape', 'm', 's']) {
        expect(key(button, name).defaultPrevented, name).to.equal(false)
      }
      expect(isShown(ana, 'devices-panel')).to.equal(true)
      popover.hidePopover()
      key(button, 'Escape')
      await ana.updateComplete
      expect(isShown(ana, 'devices-panel')).to.equal(false)
    } finally {
      popover.remove()
    }
  })

  test('Escape and shortcuts work while a manual popover of the page is open, and if the element is inside a popover', async () => {
    const [ana] = await meet()
    const around = document.body.appendChild(document.createElement('div'))
    around.popover = 'auto'
    const notice = document.body.appendChild(document.createElement('div'))
    notice.popover = 'manual'
    try {
      around.append(ana)
      around.showPopover()
      notice.showPopover()
      key(part(ana, 'stop-button')!, 'm')
      expect(ana.client.sending.audio).to.equal(false)
      await press(ana, 'devices-button')
      key(part(ana, 'devices-panel')!, 'Escape')
      await ana.updateComplete
      expect(isShown(ana, 'devices-panel')).to.equal(false)
      expect([around.matches(':popover-open'), ana.state]).to.deep.equal([true, 'connected'])
    } finally {
      around.remove()
      notice.remove()
    }
  })

  test('Escape and shortcuts do nothing before the chat is started', async () => {
    const chat = await mount()
    for (const name of ['n', 'm', 'v', 's', 'Escape']) {
      expect(key(part(chat, 'start-button')!, name).defaultPrevented, name).to.equal(false)
    }
    await chat.start()
    await untilState(chat, 'waiting')
  })
})

suite('focus', () => {
  test('can be moved to every button, and is visible there', async () => {
    const [ana] = await meet()
    const controls = [...ana.renderRoot.querySelectorAll('button')].filter((node) =>
      node.checkVisibility({ visibilityProperty: true }),
    )
    expect(controls.length).to.be.at.least(4)
    for (const control of controls) {
      control.focus({ focusVisible: true } as FocusOptions)
      expect(focused(ana)).to.equal(control.part.value)
      expect(getComputedStyle(control).outlineStyle, control.part.value).not.to.equal('none')
    }
  })
})
