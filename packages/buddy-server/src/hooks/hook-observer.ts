import type { ServerObserver } from '../events.ts'
import type { BuddyServerHooks } from './hooks.ts'
import { peopleOf, personOf } from './person.ts'

/**
 * Returns an observer that calls the hooks without an answer. The other hooks are called by the code that
 * needs their answer.
 */
export function createHookObserver(
  hooks: BuddyServerHooks,
  onError: (error: unknown) => void,
): ServerObserver {
  /**
   * A hook may return a promise although its type forbids it. If the promise rejects, that must not end the
   * process.
   */
  const call = (hook: () => unknown): void => {
    const result = hook()
    if (result instanceof Promise) result.catch(onError)
  }
  return {
    matched: ({ room, waitsMs }) =>
      call(() => hooks.onMatch?.({ room: room.id, people: peopleOf(room), waitsMs })),
    reported: ({ session, roomId: room, ...report }) => {
      const { aboutId, reason, note, personId, reportId, hasStill } = report
      const about = { aboutId, reason, note, personId, reportId, hasStill }
      call(() => hooks.onReport?.({ from: personOf(session), room, ...about }))
    },
    decided: ({ decision }) => call(() => hooks.onDecision?.(decision)),
    ended: ({ session, reason }) => call(() => hooks.onDisconnect?.(personOf(session), reason)),
  }
}
