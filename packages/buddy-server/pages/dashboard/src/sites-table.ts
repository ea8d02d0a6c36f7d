import type { SiteStatus } from './data.ts'
import { createElement, pageElement, showText } from '../../shared/elements.ts'
import type { Row } from '../../shared/keyed-list.ts'
import { bodyOf, KeyedList } from '../../shared/keyed-list.ts'
import { createLoadBar } from './load-bar.ts'
import { formatCount } from '../../shared/number-format.ts'

/** A site, and the maximum number of users of the server. */
interface ShownSite extends SiteStatus {
  readonly serverMax: number
}

/** Returns what follows on the number of users here, and the load. */
function loadOf({ users, max_users: max, crowd_users: all, serverMax }: ShownSite) {
  const ofMax = `of ${formatCount(max)}`
  if (all === undefined) return { text: ofMax, part: users }
  const inAll = formatCount(all)
  // Only the maximum of the site itself holds for the users at all servers.
  if (max === serverMax) return { text: `${ofMax}, ${inAll} in all`, part: users }
  return { text: `here, ${inAll} ${ofMax} in all`, part: all }
}

function createRow({ key }: ShownSite): Row<ShownSite> {
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
      const { text, part } = loadOf(site)
      showText(limit, text)
      load.show(part, site.max_users)
      showText(waiting, formatCount(site.waiting))
      showText(rooms, formatCount(site.rooms))
    },
  }
}

/**
 * Prepares the table of sites. Returns a function that shows the given sites. The site with the most users is
 * first.
 */
export function createSitesTable(): (sites: readonly SiteStatus[], serverMax: number) => void {
  const table = pageElement('sites')
  const empty = pageElement('sites-empty')
  const rows = new KeyedList<ShownSite>(bodyOf(table), { keyOf: ({ key }) => key, createRow })
  return (sites, serverMax) => {
    const isEmpty = sites.length === 0
    table.hidden = isEmpty
    empty.hidden = !isEmpty
    showText(empty, 'No sites.')
    rows.show(
      sites
        .map((site) => ({ ...site, serverMax }))
        .sort((one, other) => other.users - one.users || (one.key < other.key ? -1 : 1)),
    )
  }
}
