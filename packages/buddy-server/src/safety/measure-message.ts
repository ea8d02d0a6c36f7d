import type { MessageOf } from '@buddy-chat/protocol'
import type { StoredMeasure } from './store.ts'

const kinds = { warning: 'warning', slow: 'slowed', ban: 'ban' } as const

/** Returns the message about a measure. */
export function measureMessage(
  { kind, reason, isAutomatic, untilMs, decisionId, statement }: StoredMeasure,
  appealUrl: string,
): MessageOf<'measure'> {
  return {
    type: 'measure',
    kind: kinds[kind],
    reason,
    isAutomatic,
    // Rounded up, so that the measure never holds longer than the message states.
    until: untilMs === null ? null : Math.ceil(untilMs / 1000),
    appealUrl: appealUrl === '' ? null : appealUrl,
    decision: decisionId,
    statement,
  }
}
