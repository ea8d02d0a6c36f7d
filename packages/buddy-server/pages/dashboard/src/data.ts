// The types of the data that the server sends, from the server's own files.
export type {
  DashboardData,
  DashboardSamples,
  RecentRefusals,
} from '../../../src/operations/dashboard/data.ts'
export type {
  CrowdFigures,
  NodeFigures,
  SiteStatus,
  Status,
} from '../../../src/operations/status.ts'
