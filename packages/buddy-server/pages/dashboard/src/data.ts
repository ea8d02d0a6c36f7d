// The types of the data that the server sends, from the server's own files.
export type {
  DashboardData,
  DashboardSamples,
  RecentRefusals,
} from '../../../src/operations/dashboard/data.ts'
export type { SiteStatus, Status } from '../../../src/operations/status.ts'
