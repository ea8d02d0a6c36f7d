// The entry point of the page: polls the server's data and shows it.
import type { DashboardData } from './data.ts'
import { Connection } from '../../shared/connection.ts'
import { pageElement, showText } from '../../shared/elements.ts'
import { loadData } from './load-data.ts'
import { Palette } from './palette.ts'
import { plotDefinitions } from './plot-definitions.ts'
import { Plot, spanOf } from './plot.ts'
import { Poller } from '../../shared/poller.ts'
import { createRefusalsTable } from './refusals-table.ts'
import { createNodesTable } from './nodes-table.ts'
import { noticeOf } from './notice.ts'
import { createSitesTable } from './sites-table.ts'
import { createTiles } from './tiles.ts'
import { formatSpan } from '../../shared/time-format.ts'

const connection = new Connection(Date.now, () => location.reload())
const palette = new Palette()
const plots = plotDefinitions.map(
  (definition) => new Plot(definition, palette, pageElement('plots')),
)
const showStatus = createTiles()
const showNodes = createNodesTable()
const showSites = createSitesTable()
const showRefusals = createRefusalsTable()

function show({ status, samples, refusals, nowMs }: DashboardData): void {
  showStatus(status)
  const isSpanKnown = samples.at.length > 1
  showText(
    pageElement('span'),
    isSpanKnown ? `The last ${formatSpan(spanOf(samples))}` : 'Over time',
  )
  for (const plot of plots) plot.show(samples)
  showNodes(status.nodes ?? [], status.crowd)
  showSites(status.sites ?? [], status.max_users)
  showRefusals(refusals, nowMs)
}

const poller = new Poller({
  load: loadData,
  intervalMs: ({ intervalMs }) => intervalMs,
  isHidden: () => document.hidden,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  onResult: (result) => {
    if (result.kind === 'signed-out') connection.showSignedOut()
    else if (result.kind === 'failed') connection.showOffline(result.reason)
    else {
      show(result.data)
      connection.showLive(noticeOf(result.data.status))
    }
  },
})

document.addEventListener('visibilitychange', () => poller.handleVisibility())
window.addEventListener('online', () => poller.handleVisibility())
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  palette.refresh()
  for (const plot of plots) plot.repaint()
})
const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
showText(pageElement('time-zone'), `Times are in ${timeZone.replaceAll('_', ' ')}.`)
poller.handleVisibility()
