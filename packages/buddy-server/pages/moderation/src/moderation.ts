// The entry point of the page: polls reports, bans and decisions, shows them, and sends the operator's decisions.
import { Connection } from '../../shared/connection.ts'
import { pageElement, showText } from '../../shared/elements.ts'
import type { LoadResult } from '../../shared/load-json.ts'
import { Poller } from '../../shared/poller.ts'
import { createBansView } from './bans-view.ts'
import { createConfirmDialog } from './confirm-dialog.ts'
import type {
  BansAnswer,
  Decision,
  DecisionAnswer,
  DecisionsAnswer,
  ReportsAnswer,
  ReportState,
} from './data.ts'
import { createDecisionsView } from './decisions-view.ts'
import { createReportsView } from './reports-view.ts'
import { decide, lift, loadBans, loadDecisions } from './requests.ts'
import { firstPages, loadReportPages, maxPages } from './report-pages.ts'
import { createSiteFilter } from './site-filter.ts'
import { createViewSwitch } from './view-switch.ts'
import { decisionWords, personWords } from './words.ts'

const intervalMs = 3000

/** The data that one round of requests has loaded. */
interface PageData {
  /** The open reports, whose number the page always shows. */
  readonly open: ReportsAnswer
  readonly decided: ReportsAnswer | undefined
  readonly bans: BansAnswer | undefined
  readonly decisions: DecisionsAnswer | undefined
}

/** How many pages of reports are shown. A response is one page, and small enough to be loaded every three seconds. */
let pageCount = firstPages
const stateChoice = pageElement('state') as HTMLSelectElement
const moreReports = pageElement('reports-more')
const count = pageElement('reports-count')
const heading = { reports: 'reports-heading', bans: 'bans-heading', decisions: 'decisions-heading' }

const connection = new Connection(Date.now, () => location.reload())
const confirm = createConfirmDialog()
const site = createSiteFilter(() => {
  showDecisions.filter(site.chosen())
  poller.refresh()
})
const view = createViewSwitch((name) => {
  if (name === 'decisions') void showDecisions.verify()
  poller.refresh()
})

/** Handles the answer to a decision. If the request failed, returns the words to show. */
function handleDecision(result: LoadResult<DecisionAnswer>): string | undefined {
  if (result.kind === 'data') {
    announce(result.data.decision)
    pageElement(heading[view()]).focus()
    poller.refresh()
    return undefined
  }
  if (result.kind === 'signed-out') {
    connection.showSignedOut()
    return 'You are signed out. Nothing was decided.'
  }
  if (result.reason === '')
    return 'The server did not respond, so that it is unknown whether it has decided.'
  return `The server refused this: ${result.reason}`
}

function announce({ kind, personId, number }: Decision): void {
  showText(
    pageElement('announcement'),
    `${decisionWords[kind]}: person ${personWords(personId)}. Entry ${number} of the log.`,
  )
}

const liftOptions = { confirm, lift: async (id: string) => handleDecision(await lift(id)) }
const showReports = createReportsView({
  ...liftOptions,
  decide: async (input) => handleDecision(await decide(input)),
})
const showBans = createBansView(liftOptions)
const showDecisions = createDecisionsView()

/** Loads the open reports, and the data of the present part of the page. */
async function load(): Promise<LoadResult<PageData>> {
  const [name, key] = [view(), site.chosen()]
  const isDecided = name === 'reports' && stateChoice.value === 'decided'
  const results = await Promise.all([
    loadReportPages('open', key, pageCount),
    isDecided ? loadReportPages('decided', key, pageCount) : undefined,
    name === 'bans' ? loadBans(key) : undefined,
    name === 'decisions' ? loadDecisions() : undefined,
  ])
  const [open, decided, bans, decisions] = results
  for (const result of results) if (result && result.kind !== 'data') return result
  return {
    kind: 'data',
    data: {
      open: dataOf(open),
      decided: decided && dataOf(decided),
      bans: bans && dataOf(bans),
      decisions: decisions && dataOf(decisions),
    },
  }
}

function dataOf<Data>(result: LoadResult<Data>): Data {
  if (result.kind !== 'data') throw new Error('the request has failed')
  return result.data
}

function show({ open, decided, bans, decisions }: PageData): void {
  const waiting = `${open.groups.length}${open.nextBefore === null ? '' : '+'}`
  const hasWaiting = open.groups.length > 0
  count.hidden = !hasWaiting
  showText(count, waiting)
  document.title = `${hasWaiting ? `(${waiting}) ` : ''}Buddy moderation`
  showText(pageElement('operator'), open.operator)
  pageElement('not-persistent').hidden = open.isPersistent
  site.offer(open.sites)
  const state = stateChoice.value as ReportState
  const canShowMore = pageCount < maxPages
  if (state === 'open') showReports(open, state, canShowMore)
  else if (decided) showReports(decided, state, canShowMore)
  if (bans) showBans(bans)
  if (decisions) showDecisions.show(decisions)
}

const poller = new Poller<PageData>({
  load,
  intervalMs: () => intervalMs,
  isHidden: () => document.hidden,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  onResult: (result) => {
    if (result.kind === 'signed-out') connection.showSignedOut()
    else if (result.kind === 'failed') connection.showOffline(result.reason)
    else {
      connection.showLive()
      show(result.data)
    }
  },
})

stateChoice.addEventListener('change', () => poller.refresh())
moreReports.addEventListener('click', () => {
  pageCount = maxPages
  poller.refresh()
})
document.addEventListener('visibilitychange', () => poller.handleVisibility())
window.addEventListener('online', () => poller.handleVisibility())
const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
showText(pageElement('time-zone'), `Times are in ${timeZone.replaceAll('_', ' ')}.`)
if (view() === 'decisions') void showDecisions.verify()
poller.handleVisibility()
