// Checks that a still is attached only if the visitor has ticked it in the present sheet.
import { expect, test } from 'vitest'
import type { ChatClient } from '../client/client-part.ts'
import { ViewState } from '../view/view-state.ts'
import { Reports } from './reports.ts'

/** Opens the sheet for a partner. Each still is taken when the test resolves it. */
function openSheet() {
  const stills: ((still: string) => void)[] = []
  const handlers = new Map<string, (value: unknown) => void>()
  const client = {
    state: 'connected',
    captureStill: () => new Promise((resolve) => stills.push(resolve)),
    on: (name: string, handler: (value: unknown) => void) => {
      handlers.set(name, handler)
      return () => undefined
    },
  } as unknown as ChatClient
  const viewState = new ViewState(() => undefined)
  const reports = new Reports({
    client,
    viewState,
    announce: () => true,
    onOpen: () => undefined,
  })
  reports.listen()
  handlers.get('match')!({ partner: { name: 'Bob', room: 'room' } })
  reports.open()
  return { reports, stills, still: () => viewState.view.report?.still }
}

test('a still that is ready after the sheet was closed is not attached to the next sheet', async () => {
  const { reports, stills, still } = openSheet()
  reports.attachStill(true)
  reports.close()
  reports.open()
  stills[0]!('picture')
  await Promise.resolve()
  expect(still()).toBeUndefined()
})

test('a still that is ready after the visitor has changed their mind is not attached', async () => {
  const { reports, stills, still } = openSheet()
  reports.attachStill(true)
  reports.attachStill(false)
  stills[0]!('picture')
  await Promise.resolve()
  expect(still()).toBeUndefined()
})

test('a still that the visitor has ticked is attached', async () => {
  const { reports, stills, still } = openSheet()
  reports.attachStill(true)
  stills[0]!('picture')
  await Promise.resolve()
  expect(still()).toBe('picture')
})
