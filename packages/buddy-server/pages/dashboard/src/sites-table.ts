import type { SiteStatus } from './data.ts'
import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { bodyOf, KeyedList } from '../../shared/keyed-list.ts'
import { createLoadBar } from './load-bar.ts'
import { formatCount } from '../../shared/number-format.ts'

function createRow({ key }: SiteStatus): Row<SiteStatus> {
  const element = createElement('tr')
  element.dataset['key'] = key
  const name = createElement('th', key ? 'key' : 'key own', key || '(this server)')
  name.scope = 'row'
  const users = createElement('td', 'number users')
  const figure = createElement('p')
  const count = createElement('b')
  const limit = createElement('span')
  figure.append(count, ' ', limit)
  const load = createLoadBar(`Users of ${key || 'this server'}`, false)
  users.append(figure, load.element)
  const waiting = createElement('td', 'number waiting')
  const rooms = createElement('td', 'number rooms')
  element.append(name, users, waiting, rooms)
  return {
    element,
    show: (site) => {
      showText(count, formatCount(site.users))
      // The maximum holds for the users at all servers.
      const { crowd_users: all } = site
      const ofMax = `of ${formatCount(site.max_users)}`
      showText(limit, all === undefined ? ofMax : `here, ${formatCount(all)} ${ofMax} in all`)
      load.show(all ?? site.users, site.max_users)
      showText(waiting, formatCount(site.waiting))
      showText(rooms, formatCount(site.rooms))
    },
  }
}

/**
 * Prepares the table of sites. Returns a function that shows the given sites. The site with the most users is
 * first.
 */
export function createSitesTable(): (sites: readonly SiteStatus[]) => void {
  const table = pageElement('sites')
  const empty = pageElement('sites-empty')
  const rows = new KeyedList<SiteStatus>(bodyOf(table), { keyOf: ({ key }) => key, createRow })
  return (sites) => {
    const isEmpty = sites.length === 0
    table.hidden = isEmpty
    empty.hidden = !isEmpty
    showText(empty, 'No sites.')
    rows.show(
      [...sites].sort((one, other) => other.users - one.users || (one.key < other.key ? -1 : 1)),
    )
  }
}
