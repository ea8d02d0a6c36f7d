export type { Log } from './operations/log/create-log.ts'
export type { IceServer } from './config/ice-server.ts'
export type { BuddyServerOptions } from './config/server-settings.ts'
export type { SiteOptions } from './config/site-settings.ts'
export type {
  Arrival,
  BuddyServerHooks,
  ConnectAnswer,
  TextAnswer,
  Person,
  Visitor,
} from './hooks/hooks.ts'
export type {
  AuditVerdict,
  BanEntry,
  Decision,
  DecisionKind,
  DecisionRequest,
  DecisionsQuery,
  Moderation,
  ModerationProblem,
  ReportEntry,
  ReportGroup,
  BansQuery,
  ReportsQuery,
  ReportState,
  Restriction,
} from './safety/moderation.ts'
export { decisionKinds, ModerationError } from './safety/moderation.ts'
export type { SessionEnd } from './sessions/sessions.ts'
export type { BuddyServer, BuddyServerSurroundings, CheckOptions } from './embedding.ts'
export { createBuddyServer } from './server.ts'
export type { Status } from './operations/status.ts'
export type { SignedWebhook } from './operations/webhooks/signature.ts'
export { verifySignature } from './operations/webhooks/signature.ts'
