import type { NodeReport } from './engine.ts'

/** What a node without users reports. */
export const idleReport: NodeReport = {
  name: 'chat-1',
  keyMark: 'mark',
  version: '1.2.3',
  startedAtMs: 0,
  isDraining: false,
  users: 0,
  away: 0,
  maxUsers: 10,
  connections: 0,
  waiting: 0,
  rooms: 0,
}
