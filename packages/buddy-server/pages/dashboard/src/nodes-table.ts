import type { CrowdFigures, NodeFigures } from './data.ts'
import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { bodyOf, KeyedList } from '../../shared/keyed-list.ts'
import { createLoadBar } from './load-bar.ts'
import { formatCount } from '../../shared/number-format.ts'
import { formatAgo, formatDuration } from '../../shared/time-format.ts'

const stateWords = { healthy: 'Healthy', draining: 'Draining', lost: 'Lost' } as const

function createRow({ id, is_this: isThis }: NodeFigures): Row<NodeFigures> {
  const element = createElement('tr')
  element.dataset['key'] = id
  const name = createElement('th')
  name.scope = 'row'
  const detail = createElement('span', 'detail')
  const state = createElement('span', 'badge')
  const facts = createElement('span')
  detail.append(state, ' ', facts)
  name.append(createElement('span', 'key', id), ' ', detail)
  const users = createElement('td', 'number users')
  const figure = createElement('p')
  const count = createElement('b')
  const limit = createElement('span')
  figure.append(count, ' ', limit)
  const load = createLoadBar(`Users of server ${id}`, false)
  users.append(figure, load.element)
  const waiting = createElement('td', 'number waiting')
  const rooms = createElement('td', 'number rooms')
  const beat = createElement('td', 'number ago')
  element.append(name, users, waiting, rooms, beat)
  return {
    element,
    show: (node) => {
      state.dataset['health'] = node.state
      showText(state, stateWords[node.state])
      const which = isThis ? 'this server · ' : ''
      showText(
        facts,
        `${which}${node.version} · started ${formatDuration(node.uptime_seconds)} ago`,
      )
      showText(count, formatCount(node.users))
      showText(limit, `of ${formatCount(node.max_users)}`)
      load.show(node.users, node.max_users)
      showText(waiting, formatCount(node.waiting))
      showText(rooms, formatCount(node.rooms))
      showText(beat, formatAgo(node.last_beat_ms))
    },
  }
}

/**
 * Prepares the table of the servers that share a Redis. Returns a function that shows them, the oldest first, and their
 * sums. Without such servers the table is hidden.
 */
export function createNodesTable(): (
  nodes: readonly NodeFigures[],
  crowd: CrowdFigures | undefined,
) => void {
  const card = pageElement('nodes-card')
  const caption = pageElement('nodes-sums')
  const rows = new KeyedList<NodeFigures>(bodyOf(pageElement('nodes')), {
    keyOf: ({ id }) => id,
    createRow,
  })
  return (nodes, crowd) => {
    card.hidden = !crowd
    rows.show(nodes)
    if (!crowd) return
    const [users, waiting, rooms] = [crowd.users, crowd.waiting, crowd.rooms].map(formatCount)
    showText(caption, `All together: ${users} users, ${waiting} waiting, ${rooms} rooms`)
  }
}
