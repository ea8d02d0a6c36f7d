import { expect, test } from 'vitest'
import type { HttpRequest } from '../transport/transport.ts'
import { HttpAdmission } from './http-admission.ts'

interface Fixture {
  readonly admission: HttpAdmission
  /** Returns the verdict on a request. @default address 192.0.2.1 */
  readonly request: (address?: string) => string
  /** Completes all pending responses. */
  readonly complete: () => void
  readonly wait: (ms: number) => void
  readonly cap: { requests: number }
}

function createFixture(requests = 60): Fixture {
  let now = 0
  const cap = { requests }
  let pending: (() => void)[] = []
  const admission = new HttpAdmission({
    now: () => now,
    addressKeyOf: ({ remoteAddress }) => remoteAddress,
    maxRequestsPerAddressPerMinute: () => cap.requests,
  })
  const request = (remoteAddress = '192.0.2.1'): string => {
    const onDone = (callback: () => void): void => void pending.push(callback)
    const verdict = admission.judge({ remoteAddress, onDone } as unknown as HttpRequest)
    return verdict.kind === 'refused' ? `retry after ${verdict.retryAfterMs}` : verdict.kind
  }
  const complete = (): void => {
    for (const callback of pending) callback()
    pending = []
  }
  return { admission, request, complete, wait: (ms) => (now += ms), cap }
}

const times = <T>(count: number, act: () => T): readonly T[] => Array.from({ length: count }, act)

test('limits the requests per minute of an address', () => {
  const { request, complete, wait } = createFixture(60)
  expect(new Set(times(60, () => request()))).toEqual(new Set(['admitted']))
  complete()
  expect(request()).toBe('retry after 1000')
  expect(request('192.0.2.2')).toBe('admitted')
  wait(1000)
  expect([request(), request()]).toEqual(['admitted', 'retry after 1000'])
})

test('limits the pending responses of an address to 512', () => {
  const { request, complete } = createFixture(100_000)
  expect(new Set(times(512, () => request()))).toEqual(new Set(['admitted']))
  expect(request()).toBe('retry after 1000')
  expect(request('192.0.2.2')).toBe('admitted')
  complete()
  expect(request()).toBe('admitted')
})

test('after twenty refusals, drops requests without a response, except for one each second', () => {
  const { request, wait } = createFixture(1)
  expect(request()).toBe('admitted')
  expect(new Set(times(20, () => request()))).toEqual(new Set(['retry after 60000']))
  expect(request()).toBe('dropped')
  wait(1000)
  expect([request(), request()]).toEqual(['retry after 59000', 'dropped'])
})

test('applies a changed limit at once, and still counts pending responses', () => {
  const { request, cap } = createFixture(1)
  expect([request(), request()]).toEqual(['admitted', 'retry after 60000'])
  cap.requests = 1000
  expect(new Set(times(511, () => request()))).toEqual(new Set(['admitted']))
  expect(request()).toBe('retry after 1000')
})

test('a sweep keeps an address that has pending responses', async () => {
  const { admission, request, wait } = createFixture(1000)
  times(512, () => request())
  wait(3_600_000)
  await admission.sweep()
  expect(request()).toBe('retry after 1000')
})
