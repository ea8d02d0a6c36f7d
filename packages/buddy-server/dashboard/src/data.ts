// The server's own types of the data that it sends. The paths end in `.js`, because TypeScript rewrites `.ts`
// only for files of the same project, and these files belong to the project of the server.
export type {
  DashboardData,
  DashboardSamples,
  RecentRefusals,
} from '../../src/operations/dashboard/data.js'
export type { SiteStatus, Status } from '../../src/operations/status.js'
