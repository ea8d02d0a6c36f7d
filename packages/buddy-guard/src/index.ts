export type { NsfwGuardOptions } from './nsfw-guard.ts'
// `createGuard` is the name by which the attribute `guard` of the element finds it.
export { createNsfwGuard, createNsfwGuard as createGuard } from './nsfw-guard.ts'
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
