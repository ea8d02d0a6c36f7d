// Attributes that change while the client runs take effect at the next start, and a message says
// so.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import {
  clear,
  isShown,
  meet,
  mount,
  part,
  press,
  until,
  untilShown,
  untilState,
  visibleText,
} from './stage.ts'

teardown(clear)

const waitsForStart = 'Changed settings count from the next start.'

/**
 * Returns what is visible of the settings: the parts of the screen, the visitor's name, and the
 * open devices.
 */
function shown(chat: BuddyChat): object {
  return {
    hasPicture: isShown(chat, 'remote-video'),
    hasCameraButton: isShown(chat, 'camera-button'),
    name: part(chat, 'own-name')?.textContent,
    tracks: chat.localStream?.getTracks().map(({ kind, readyState }) => `${kind} ${readyState}`),
  }
}

const inVideo = {
  hasPicture: true,
  hasCameraButton: true,
  name: 'Ana (You)',
  tracks: ['audio live', 'video live'],
}

const changes: readonly Readonly<Record<string, string>>[] = [
  { mode: 'text' },
  { mode: 'audio' },
  { novideo: '' },
  { notext: '' },
  { name: 'Cem' },
  { lobby: 'elsewhere' },
  { server: 'https://elsewhere.example' },
  { site: 'elsewhere' },
  { relayonly: '' },
  { relayuntiltrusted: '' },
  { novisitorid: '' },
]

test('changing an attribute during a call leaves screen, devices and call unchanged, and shows a message', async () => {
  const [ana, bob] = await meet()
  expect(shown(ana)).to.deep.equal(inVideo)
  for (const change of changes) {
    const [[name, value]] = Object.entries(change) as [[string, string]]
    const before = ana.getAttribute(name)
    ana.setAttribute(name, value)
    await ana.updateComplete
    expect(shown(ana), name).to.deep.equal(inVideo)
    expect(visibleText(ana), name).to.include(waitsForStart)
    if (before === null) ana.removeAttribute(name)
    else ana.setAttribute(name, before)
    await ana.updateComplete
    // The message disappears when the attribute has its value from the start again.
    expect(visibleText(ana), name).not.to.include(waitsForStart)
  }
  expect([ana.state, bob.state]).to.deep.equal(['connected', 'connected'])
})

test('changed attributes take effect at the next start', async () => {
  const [ana] = await meet()
  ana.mode = 'text'
  ana.name = 'Cem'
  await untilShown(ana, waitsForStart)
  await press(ana, 'stop-button')
  expect(visibleText(ana)).to.include('Write to someone new')
  expect(visibleText(ana)).not.to.include(waitsForStart)
  expect(part<HTMLInputElement>(ana, 'name-input')?.value).to.equal('Cem')
  expect(ana.localStream?.getTracks()).to.equal(undefined)
  await press(ana, 'start-button')
  await untilState(ana, 'waiting')
  expect(ana.localStream).to.equal(undefined)
})

test('changing `token`, `lowdata`, `interests` or `languages` shows no message', async () => {
  const [ana] = await meet()
  ana.token = () => 'another'
  ana.lowdata = true
  ana.interests = 'jazz'
  ana.languages = 'pl'
  await ana.updateComplete
  expect(visibleText(ana)).not.to.include(waitsForStart)
})

test('changing an attribute also shows the message while waiting for a partner', async () => {
  const chat = await mount()
  await chat.start()
  await untilState(chat, 'waiting')
  chat.mode = 'text'
  await untilShown(chat, waitsForStart)
  expect(shown(chat)).to.include({ hasCameraButton: true })
})

test('changing the mode or `novideo` closes the preview and releases its devices', async () => {
  for (const change of [{ mode: 'text' }, { mode: 'audio' }, { novideo: true }] as const) {
    const chat = await mount()
    await press(chat, 'preview-button')
    await until('the preview', () => isShown(chat, 'preview-video'))
    const tracks = chat.localStream!.getTracks()
    Object.assign(chat, change)
    await chat.updateComplete
    expect(chat.localStream).to.equal(undefined)
    expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(['ended', 'ended'])
  }
})

test('if a listener stops a start and starts again, attributes that change later wait for the next start', async () => {
  const chat = await mount({ name: 'Ana' })
  let again: Promise<void> | undefined
  chat.addEventListener(
    'buddy-state-change',
    () => {
      chat.stop()
      again = chat.start()
    },
    { once: true },
  )
  await chat.start().catch(() => undefined)
  await again
  chat.setAttribute('mode', 'text')
  await chat.updateComplete
  expect(isShown(chat, 'camera-button')).to.equal(true)
  expect(visibleText(chat)).to.contain(waitsForStart)
})

test('a property that a framework sets to undefined or null counts as not set', async () => {
  const names = ['site', 'token', 'name', 'interests', 'mode', 'autostart', 'novideo'] as const
  for (const missing of [undefined, null]) {
    const chat = await mount({ name: 'Ana', interests: 'chess', site: 'shop', mode: 'text' })
    Object.assign(chat, Object.fromEntries(names.map((name) => [name, missing])))
    await chat.start()
    await untilState(chat, 'waiting')
    expect(isShown(chat, 'camera-button')).to.equal(true)
    expect(chat.interests).to.equal('')
    chat.stop()
    Object.assign(chat, { server: missing, lobby: missing })
    await chat.updateComplete
    expect([chat.server, chat.lobby]).to.deep.equal(['', ''])
  }
})

test('a visitor token that an earlier visit has stored is deleted with `novisitorid`, and only then', async () => {
  const key = `buddy-visitor ${window.servers.open.replace('http:', 'ws:')}/ws `
  // Not by `setItem`, which stores no visitor token in these tests.
  localStorage[key] = 'token-1'
  for (const attributes of [{}, { novisitorid: '' }]) {
    const chat = await mount({ mode: 'text', ...attributes })
    await chat.start()
    chat.stop()
    const hasToken = localStorage.getItem(key) !== null
    expect(hasToken).to.equal(!('novisitorid' in attributes))
  }
})

test('the visitor token is neither stored nor read with `novisitorid`', async () => {
  const { getItem, setItem } = Storage.prototype
  const uses = new Set<string>()
  const note = (use: string, key: string): void => {
    if (key.startsWith('buddy-visitor ')) uses.add(use)
  }
  Storage.prototype.getItem = function noteRead(key) {
    note('read', key)
    return getItem.call(this, key)
  }
  Storage.prototype.setItem = function noteWrite(key, value) {
    note('write', key)
    setItem.call(this, key, value)
  }
  try {
    for (const novisitorid of [true, false]) {
      const chat = await mount({ mode: 'text', ...(novisitorid && { novisitorid: '' }) })
      await chat.start()
      chat.stop()
      expect([...uses], `${novisitorid}`).to.deep.equal(novisitorid ? [] : ['read', 'write'])
    }
  } finally {
    Object.assign(Storage.prototype, { getItem, setItem })
  }
})
