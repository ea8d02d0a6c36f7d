import { expect, test } from 'vitest'
import type { HttpRequest } from '../transport/transport.ts'
import { HttpAdmission } from './http-admission.ts'

interface World {
  readonly admission: HttpAdmission
  /** What becomes of a request, from 192.0.2.1 unless another address is given. */
  readonly ask: (address?: string) => string
  /** The answers that are on their way arrive. */
  readonly arrive: () => void
  readonly wait: (ms: number) => void
  readonly cap: { requests: number }
}

function world(requests = 60): World {
  let now = 0
  const cap = { requests }
  let arriving: (() => void)[] = []
  const admission = new HttpAdmission({
    now: () => now,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    maxRequestsPerAddressPerMinute: () => cap.requests,
  })
  const ask = (remoteAddress = '192.0.2.1'): string => {
    const onDone = (callback: () => void): void => void arriving.push(callback)
    const verdict = admission.judge({ remoteAddress, onDone } as unknown as HttpRequest)
    return verdict.kind === 'refused' ? `retry after ${verdict.retryAfterMs}` : verdict.kind
  }
  const arrive = (): void => {
    for (const callback of arriving) callback()
    arriving = []
  }
  return { admission, ask, arrive, wait: (ms) => (now += ms), cap }
}

const times = <T>(count: number, act: () => T): readonly T[] => Array.from({ length: count }, act)

test('an address has so many requests a minute, and gets its answers', () => {
  const { ask, arrive, wait } = world(60)
  expect(new Set(times(60, () => ask()))).toEqual(new Set(['admitted']))
  arrive()
  expect(ask()).toBe('retry after 1000')
  expect(ask('192.0.2.2')).toBe('admitted')
  wait(1000)
  expect([ask(), ask()]).toEqual(['admitted', 'retry after 1000'])
})

test('an address has 512 answers on their way, however many it may ask for', () => {
  const { ask, arrive } = world(100_000)
  expect(new Set(times(512, () => ask()))).toEqual(new Set(['admitted']))
  expect(ask()).toBe('retry after 1000')
  expect(ask('192.0.2.2')).toBe('admitted')
  arrive()
  expect(ask()).toBe('admitted')
})

test('after twenty refusals there are no answers to more, but for one a second', () => {
  const { ask, wait } = world(1)
  expect(ask()).toBe('admitted')
  expect(new Set(times(20, () => ask()))).toEqual(new Set(['retry after 60000']))
  expect(ask()).toBe('dropped')
  wait(1000)
  expect([ask(), ask()]).toEqual(['retry after 59000', 'dropped'])
})

test('a cap that is changed holds at once, and answers on their way still count', () => {
  const { ask, cap } = world(1)
  expect([ask(), ask()]).toEqual(['admitted', 'retry after 60000'])
  cap.requests = 1000
  expect(new Set(times(511, () => ask()))).toEqual(new Set(['admitted']))
  expect(ask()).toBe('retry after 1000')
})

test('a sweep forgets no address that has answers on their way', async () => {
  const { admission, ask, wait } = world(1000)
  times(512, () => ask())
  wait(3_600_000)
  await admission.sweep()
  expect(ask()).toBe('retry after 1000')
})
