import { beforeEach, expect, test, vi } from 'vitest'
import type { BuddyClientOptions } from '../options.ts'
import { resolveOptions } from '../options.ts'
import { OutgoingMedia } from './outgoing-media.ts'

class FakeStream {
  readonly tracks: readonly MediaStreamTrack[]
  constructor(tracks: readonly MediaStreamTrack[]) {
    this.tracks = tracks
  }
  getTracks = () => this.tracks
}
vi.stubGlobal('MediaStream', FakeStream)

const track = (kind: string, id: string) => ({ kind, id }) as MediaStreamTrack
const camera = track('video', 'camera')
const microphone = track('audio', 'microphone')
let isSupported: boolean
let closed: number
let outgoing: OutgoingMedia

beforeEach(() => {
  isSupported = true
  closed = 0
  outgoing = new OutgoingMedia({
    localStream: () => new FakeStream([camera, microphone]) as unknown as MediaStream,
    createVeil: () => ({
      cover: ({ kind }) => (isSupported ? track(kind, `covered ${kind}`) : undefined),
      close: () => closed++,
    }),
  })
})

const begin = (options: BuddyClientOptions) => outgoing.begin(resolveOptions(options))
const ids = (tracks: readonly MediaStreamTrack[] | undefined) => tracks?.map(({ id }) => id)
const streamIds = (isRevealed: boolean) => ids(outgoing.stream(isRevealed)?.getTracks())

test('sends the local tracks without `reveal`', () => {
  begin({})
  expect(streamIds(false)).toEqual(['camera', 'microphone'])
  expect(outgoing.isVeiling).toBe(false)
})

test('with `reveal: mutual`, sends a covered picture and clear sound until both have agreed', () => {
  begin({ reveal: 'mutual' })
  expect(streamIds(false)).toEqual(['covered video', 'microphone'])
  expect(outgoing.tracks(false).map(({ track }) => track?.id)).toEqual([
    'covered video',
    'microphone',
  ])
  expect(streamIds(true)).toEqual(['camera', 'microphone'])
  expect(outgoing.track(camera, false)?.id).toBe('covered video')
})

test('with `revealAudio: false`, covers the sound too', () => {
  begin({ reveal: 'mutual', revealAudio: false })
  expect(streamIds(false)).toEqual(['covered video', 'covered audio'])
})

test('sends no picture at all if the browser cannot cover it', () => {
  isSupported = false
  begin({ reveal: 'mutual' })
  expect(streamIds(false)).toEqual(['microphone'])
  expect(outgoing.track(camera, false)).toBeUndefined()
  expect(outgoing.tracks(false)[0]).toEqual({ kind: 'video', track: undefined })
})

test.for(['audio', 'text'] as const)('has no effect in the mode %s', (mode) => {
  begin({ reveal: 'mutual', mode })
  expect(outgoing.isVeiling).toBe(false)
  expect(outgoing.track(microphone, false)?.id).toBe('microphone')
})

test('stops the covered tracks at the end of a run and at the beginning of the next', () => {
  begin({ reveal: 'mutual' })
  outgoing.stream(false)
  outgoing.close()
  outgoing.stream(false)
  begin({})
  expect(closed).toBe(2)
})
