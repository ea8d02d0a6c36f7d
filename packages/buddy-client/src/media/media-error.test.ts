import { expect, test } from 'vitest'
import type { MediaSituation } from './media-error.ts'
import { toMediaError } from './media-error.ts'

const situation: MediaSituation = {
  isSecureContext: true,
  wanted: ['camera', 'microphone'],
  forbidden: [],
  missing: [],
}

test.each([
  ['NotAllowedError', {}, 'permission-denied', ['camera', 'microphone']],
  ['NotAllowedError', { forbidden: ['microphone'] }, 'blocked-by-policy', ['microphone']],
  ['SecurityError', {}, 'permission-denied', ['camera', 'microphone']],
  ['NotFoundError', { missing: ['camera'] }, 'device-not-found', ['camera']],
  ['NotFoundError', {}, 'device-not-found', ['camera', 'microphone']],
  ['NotReadableError', {}, 'device-busy', ['camera', 'microphone']],
  ['AbortError', {}, 'device-busy', ['camera', 'microphone']],
  ['OverconstrainedError', {}, 'overconstrained', ['camera', 'microphone']],
  ['NotSupportedError', { isSecureContext: false }, 'insecure-page', ['camera', 'microphone']],
  ['SomethingNewError', {}, 'media-failed', ['camera', 'microphone']],
] as const)('converts %s in the situation %o to `%s`', (name, details, code, devices) => {
  const cause = new DOMException('', name)
  expect(toMediaError(cause, { ...situation, ...details })).toMatchObject({ code, devices, cause })
})
