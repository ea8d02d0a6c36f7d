import type { Status } from './data.ts'
import { pageElement, showText } from '../../shared/elements.ts'
import { createLoadBar } from './load-bar.ts'
import { formatCount, noFigure } from '../../shared/number-format.ts'
import { formatDuration, formatMs } from '../../shared/time-format.ts'

const healthWords = { healthy: 'Healthy', draining: 'Draining', 'no-redis': 'No Redis' } as const

/**
 * Prepares the header and the tiles, which show single figures. Returns a function that shows a status in
 * them.
 */
export function createTiles(): (status: Status) => void {
  const usersLoad = createLoadBar('Users, as a share of the maximum', true)
  const roomsLoad = createLoadBar('Rooms, as a share of the maximum', true)
  pageElement('users-load').append(usersLoad.element)
  pageElement('rooms-load').append(roomsLoad.element)
  const badge = pageElement('health')

  const show = (id: string, text: string): void => showText(pageElement(id), text)
  const showCount = (id: string, count: number): void => show(id, formatCount(count))
  const showWait = (id: string, ms: number | null): void =>
    show(id, ms === null ? noFigure : formatMs(ms))

  return (status) => {
    const isWithoutRedis = status.status === 'healthy' && status.redis?.state === 'down'
    const health = isWithoutRedis ? 'no-redis' : status.status
    badge.dataset['health'] = health
    showText(badge, healthWords[health])
    show('version', status.version)
    show('uptime', formatDuration(status.uptime_seconds))
    showCount('users', status.users)
    show('users-of', `of ${formatCount(status.max_users)}`)
    usersLoad.show(status.users, status.max_users)
    showCount('rooms', status.rooms)
    // The maximum holds for the rooms of all servers.
    const { crowd } = status
    const ofMax = `of ${formatCount(status.max_rooms)}`
    show('rooms-of', crowd ? `here, ${formatCount(crowd.rooms)} ${ofMax} in all` : ofMax)
    roomsLoad.show(crowd?.rooms ?? status.rooms, status.max_rooms)
    showCount('waiting', status.waiting)
    showCount('away', status.away)
    showCount('matches', status.matches)
    showWait('wait-p50', status.wait_ms.p50)
    showWait('wait-p95', status.wait_ms.p95)
    showWait('wait-p99', status.wait_ms.p99)
    show('wait-foot', status.wait_ms.p50 === null ? 'no match yet' : 'of the latest matches')
  }
}
