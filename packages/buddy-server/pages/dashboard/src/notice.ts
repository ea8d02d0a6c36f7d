import type { ServerNotice } from '../../shared/connection.ts'
import { formatClock } from '../../shared/time-format.ts'
import type { Status } from './data.ts'

/** Returns what the operator must know about the state of the server. */
export function noticeOf({ status, redis }: Status): ServerNotice {
  if (status === 'draining') {
    return {
      kind: 'draining',
      text: 'Draining: the server accepts no new users. Running calls may finish.',
    }
  }
  if (redis?.state !== 'down') return { kind: 'none', text: '' }
  const { down_shards: shards } = redis
  const users = shards ? `the lobbies of the shards ${shards.join(', ')}` : 'all sites'
  const reason = redis.message ?? 'Redis does not answer'
  return {
    kind: 'redis',
    text: `No Redis since ${formatClock(redis.since_ms)}: searches of ${users} wait, or find only users of this server. ${reason}.`,
  }
}
