// What the server tells, as the server itself declares it. Named by `.js`: TypeScript rewrites `.ts`
// to it within a project only, and the types' own project is the server.
export type {
  DashboardData,
  DashboardSamples,
  RecentRefusals,
} from '../../src/operations/dashboard/data.js'
export type { SiteStatus, Status } from '../../src/operations/status.js'
