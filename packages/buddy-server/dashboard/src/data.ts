// The types of the data that the server sends, from the server's own files. The paths end in `.js`, because
// TypeScript rewrites `.ts` only for files of the same TypeScript project, and these files belong to the
// server's project.
export type {
  DashboardData,
  DashboardSamples,
  RecentRefusals,
} from '../../src/operations/dashboard/data.js'
export type { SiteStatus, Status } from '../../src/operations/status.js'
