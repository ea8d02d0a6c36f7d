import { hasFields, loadJson, type LoadResult } from '../../shared/load-json.ts'
import type { DashboardData } from './data.ts'

const isDashboardData = (body: unknown): body is DashboardData =>
  hasFields(body, 'status', 'samples', 'refusals')

/** Requests the dashboard's data from the server. Never rejects. */
export function loadData(): Promise<LoadResult<DashboardData>> {
  return loadJson('dashboard/data', isDashboardData)
}
