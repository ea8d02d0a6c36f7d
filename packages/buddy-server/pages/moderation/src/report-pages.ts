import type { LoadResult } from '../../shared/load-json.ts'
import type { ReportGroup, ReportsAnswer, ReportState } from './data.ts'
import { loadReports } from './requests.ts'

/** How many pages of reports are shown at first. */
export const firstPages = 2
/** How many are shown if the operator wants more. */
export const maxPages = 4

/**
 * Loads the first pages of reports, one after the other, as one answer. Its `nextBefore` is that of the last page. A
 * person who is reported in between stays on the page where the person was.
 */
export async function loadReportPages(
  state: ReportState,
  site: string | undefined,
  pageCount: number,
): Promise<LoadResult<ReportsAnswer>> {
  const groups: ReportGroup[] = []
  let before: string | undefined
  for (let page = 1; ; page++) {
    const result = await loadReports(state, site, before)
    if (result.kind !== 'data') return result
    groups.push(...result.data.groups)
    const { nextBefore } = result.data
    if (nextBefore === null || page === pageCount) {
      return { kind: 'data', data: { ...result.data, groups } }
    }
    before = nextBefore
  }
}
