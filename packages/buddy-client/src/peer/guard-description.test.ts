import { expect, test } from 'vitest'
import { guardDescription } from './guard-description.ts'

const session = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0']
const media = (kind: string, mid: number, ...more: string[]): string[] => [
  `m=${kind} 9 UDP/TLS/RTP/SAVPF 96`,
  `a=mid:${mid}`,
  'a=ice-ufrag:Zk9q',
  ...more,
]
const join = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`

/**
 * Calls `guardDescription` for a call with these kinds of media. Candidates that contain "bad" are
 * refused.
 */
const guard = (sdp: string, kinds = ['audio', 'video']) =>
  guardDescription(sdp, { kinds, admitsCandidate: (line) => !line.includes('bad') })

/** Returns the kind and port of each media section, and the BUNDLE group. */
function outline(sdp: string): { ports: string[]; bundle: string | undefined } {
  const lines = sdp.split('\r\n')
  return {
    ports: lines.flatMap((line) => /^m=(\w+ \d+)/.exec(line)?.[1] ?? []),
    bundle: lines.find((line) => line.startsWith('a=group:BUNDLE')),
  }
}

test('returns a description with one section of each kind unchanged', () => {
  const sdp = join(...session, 'a=group:BUNDLE 0 1', ...media('audio', 0), ...media('video', 1))
  expect(guard(sdp)).toEqual({ sdp, ufrag: 'Zk9q Zk9q' })
})

test('rejects sections of other kinds and second sections of a kind, and removes them from BUNDLE', () => {
  const parts = ['video', 'audio', 'audio', 'application', 'text'].flatMap((kind, mid) =>
    media(kind, mid),
  )
  const { sdp } = guard(join(...session, 'a=group:BUNDLE 0 1 2 3 4', ...parts), ['audio'])
  expect(outline(sdp)).toEqual({
    ports: ['video 0', 'audio 9', 'audio 0', 'application 0', 'text 0'],
    bundle: 'a=group:BUNDLE 1',
  })
})

test('treats a section with port 0 as offered only if it has `bundle-only`', () => {
  const withoutPort = (mid: number, ...more: string[]): string[] =>
    media('video', mid, ...more).map((line) => line.replace('m=video 9', 'm=video 0'))
  const bundled = guard(join(...session, ...withoutPort(0, 'a=bundle-only'), ...media('video', 1)))
  expect(outline(bundled.sdp).ports).toEqual(['video 0', 'video 0'])
  expect(bundled.sdp.match(/a=bundle-only/g)).toHaveLength(1)
  const twice = guard(
    join(...session, ...media('video', 0), ...withoutPort(1, 'a=bundle-only'), ...withoutPort(2)),
  )
  expect(outline(twice.sdp).ports).toEqual(['video 9', 'video 0', 'video 0'])
  expect(twice.sdp).not.toContain('a=bundle-only')
  const replaced = guard(join(...session, ...withoutPort(0), ...media('video', 1)))
  expect(outline(replaced.sdp).ports).toEqual(['video 0', 'video 9'])
})

test('removes candidates that `admitsCandidate` refuses', () => {
  const sdp = join(...session, ...media('audio', 0, 'a=candidate:good', 'a=candidate:bad'))
  expect(guard(sdp).sdp).toBe(sdp.replace('a=candidate:bad\r\n', ''))
})

test('removes simulcast attributes, and attributes in forms that only some browsers parse', () => {
  const sdp = join(...session, ...media('video', 0))
  const others = [
    'a=Candidate:good',
    'a= candidate:good',
    'a=:candidate:good',
    'a=candidate good',
    'a=Bundle-Only',
    'a=bundle-only ',
    'a=rid:a recv',
    'a=simulcast:recv a;b;c',
    'a=simulcast: recv rid=a;b;c',
  ]
  expect(guard(`${sdp}${join(...others)}`).sdp).toBe(sdp)
})

test.for<[string, string]>([
  ['a=bundle-only:x', '0'],
  ['a=x', '0/2'],
  ['a=x', '0x0'],
])('rejects a second video section with %s and port %s', ([line, port]) => {
  const second = media('video', 1, line).map((each) => each.replace(' 9 ', ` ${port} `))
  const { sdp } = guard(join(...session, ...media('video', 0), ...second))
  expect(sdp).toContain('\r\nm=video 0 UDP')
  expect(sdp).not.toContain('bundle-only')
})

test('normalizes line ends to CRLF and removes empty lines', () => {
  const sdp = join(...session, ...media('audio', 0))
  for (const end of ['\n', '\r', '\r\n\r\n']) {
    expect(guard(sdp.replaceAll('\r\n', end)).sdp).toBe(sdp)
  }
})

test.for<[string, string]>([
  ['a malformed line', join(...session, 'm audio 9')],
  ['a control character', join(...session, 'a=x\u0000m=video 9')],
  ['more than 1500 lines', join(...Array.from({ length: 1501 }, () => 'a=x'))],
  [
    'more than eight media sections',
    join(...session, ...Array.from({ length: 9 }, (_, mid) => media('audio', mid)).flat()),
  ],
])('throws on a description with %s', ([, sdp]) => {
  expect(() => guard(sdp)).toThrow('the description has')
})
