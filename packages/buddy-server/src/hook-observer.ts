import type { ServerObserver } from './events.ts'
import type { BuddyServerHooks } from './hooks.ts'
import { personOf } from './person.ts'

/** The hooks that only listen, as an observer. Those that are asked for leave are called elsewhere. */
export function createHookObserver(
  hooks: BuddyServerHooks,
  onError: (error: unknown) => void,
): ServerObserver {
  /** A hook may be asynchronous against its type: a rejection must not end the process. */
  const call = (hook: () => unknown): void => {
    const result = hook()
    if (result instanceof Promise) result.catch(onError)
  }
  return {
    matched: ({ room: { id, members }, waitsMs }) =>
      call(() =>
        hooks.onMatch?.({
          room: id,
          people: [personOf(members[0]), personOf(members[1])],
          waitsMs,
        }),
      ),
    reported: ({ session, aboutId, roomId: room, reason }) =>
      call(() => hooks.onReport?.({ from: personOf(session), room, aboutId, reason })),
    ended: ({ session, reason }) => call(() => hooks.onDisconnect?.(personOf(session), reason)),
  }
}
