export type { NsfwGuardOptions } from './nsfw-guard.ts'
export { createNsfwGuard } from './nsfw-guard.ts'
export type { NsfwClass, NsfwScores, NsfwThresholds } from './scores.ts'
export { defaultThresholds, resultOf } from './scores.ts'
export type {
  Guard,
  GuardChange,
  GuardResult,
  GuardRunnerOptions,
  GuardSample,
  GuardSource,
  GuardSubject,
  GuardVerdict,
} from '@buddy-chat/client/guard'
export { GuardRunner } from '@buddy-chat/client/guard'
