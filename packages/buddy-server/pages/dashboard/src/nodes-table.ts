import type { CrowdFigures, NodeFigures } from './data.ts'
import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { bodyOf, KeyedList } from '../../shared/keyed-list.ts'
import { createLoadBar } from './load-bar.ts'
import { formatCount, noFigure } from '../../shared/number-format.ts'
import { formatAgo, formatDuration } from '../../shared/time-format.ts'

const stateWords = { healthy: 'Healthy', draining: 'Draining', lost: 'Lost' } as const

function createRow({ id, name, is_this: isThis }: NodeFigures): Row<NodeFigures> {
  const element = createElement('tr')
  element.dataset['key'] = id
  const heading = createElement('th')
  heading.scope = 'row'
  const detail = createElement('span', 'detail')
  const state = createElement('span', 'badge')
  const facts = createElement('span')
  detail.append(state, ' ', facts)
  heading.append(createElement('span', 'key', name), ' ', detail)
  const users = createElement('td', 'number users')
  const figure = createElement('p')
  const count = createElement('b')
  const limit = createElement('span')
  figure.append(count, ' ', limit)
  const load = createLoadBar(`Users of server ${name}`, false)
  users.append(figure, load.element)
  const waiting = createElement('td', 'number waiting')
  const rooms = createElement('td', 'number rooms')
  const beat = createElement('td', 'number ago')
  element.append(heading, users, waiting, rooms, beat)
  return {
    element,
    show: (node) => {
      const isMistake = node.has_other_key && node.state !== 'lost'
      state.dataset['health'] = isMistake ? 'other-key' : node.state
      showText(state, isMistake ? 'Other SECRET_KEY' : stateWords[node.state])
      const which = isThis ? 'this server · ' : ''
      showText(
        facts,
        `${which}${node.version} · started ${formatDuration(node.uptime_seconds)} ago`,
      )
      // The figures of a lost server are those before its loss. Its users count at other servers meanwhile.
      const isLost = node.state === 'lost'
      const showFigure = (place: HTMLElement, figure: number): void =>
        showText(place, isLost ? noFigure : formatCount(figure))
      showFigure(count, node.users)
      showText(limit, isLost ? '' : `of ${formatCount(node.max_users)}`)
      load.show(isLost ? 0 : node.users, node.max_users)
      showFigure(waiting, node.waiting)
      showFigure(rooms, node.rooms)
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
