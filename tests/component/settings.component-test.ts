// Attributes that change while a call runs: they count from the next start, and the screen says so.
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
  untilSaid,
  untilState,
  words,
} from './stage.ts'

teardown(clear)

const waitsForStart = 'Changed settings count from the next start.'

/** What a visitor sees of the run: its screen, own name, and whether the camera is open. */
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
  { interests: 'jazz' },
  { relayonly: '' },
  { relayuntiltrusted: '' },
]

test('in a call each changed attribute leaves screen, camera and call as they are, and says that it waits', async () => {
  const [ana, bob] = await meet()
  expect(shown(ana)).to.deep.equal(inVideo)
  for (const change of changes) {
    const [[name, value]] = Object.entries(change) as [[string, string]]
    const before = ana.getAttribute(name)
    ana.setAttribute(name, value)
    await ana.updateComplete
    expect(shown(ana), name).to.deep.equal(inVideo)
    expect(words(ana), name).to.include(waitsForStart)
    if (before === null) ana.removeAttribute(name)
    else ana.setAttribute(name, before)
    await ana.updateComplete
    // Nothing waits once the attribute says again what runs.
    expect(words(ana), name).not.to.include(waitsForStart)
  }
  expect([ana.state, bob.state]).to.deep.equal(['connected', 'connected'])
})

test('what waited counts from the next start', async () => {
  const [ana] = await meet()
  ana.mode = 'text'
  ana.name = 'Cem'
  await untilSaid(ana, waitsForStart)
  await press(ana, 'stop-button')
  expect(words(ana)).to.include('Write to someone new')
  expect(words(ana)).not.to.include(waitsForStart)
  expect(part<HTMLInputElement>(ana, 'name-input')?.value).to.equal('Cem')
  const { tracks } = { tracks: ana.localStream?.getTracks() }
  expect(tracks).to.equal(undefined)
  await press(ana, 'start-button')
  await untilState(ana, 'waiting')
  expect(ana.localStream).to.equal(undefined)
})

test('a token that is renewed, and lowdata, wait for nothing', async () => {
  const [ana] = await meet()
  ana.token = () => 'another'
  ana.lowdata = true
  await ana.updateComplete
  expect(words(ana)).not.to.include(waitsForStart)
})

test('while a partner is looked for, the screen says that a change waits', async () => {
  const chat = await mount()
  await chat.start()
  await untilState(chat, 'waiting')
  chat.mode = 'text'
  await untilSaid(chat, waitsForStart)
  expect(shown(chat)).to.include({ hasCameraButton: true })
})

test('a look at the devices ends if another mode, or no camera, is wanted', async () => {
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

test('a run that a listener starts in place of another keeps what it was started with', async () => {
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
  expect(words(chat)).to.contain(waitsForStart)
})
