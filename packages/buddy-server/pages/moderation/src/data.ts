// The types of the data that the server sends, from the server's own files.
export type {
  BansAnswer,
  DecisionAnswer,
  DecisionsAnswer,
  ReportsAnswer,
} from '../../../src/operations/http/moderation-routes.ts'
export type {
  AuditVerdict,
  BanEntry,
  Decision,
  DecisionKind,
  ReportEntry,
  ReportGroup,
  ReportState,
  Restriction,
} from '../../../src/safety/moderation.ts'
