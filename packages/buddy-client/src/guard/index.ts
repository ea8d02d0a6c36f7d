// Checks the pictures of a call with a guard. It has its own import path, `@buddy-chat/client/guard`, so that
// the client itself does not contain it.
export type { Guard, GuardResult, GuardSource, GuardSubject, GuardVerdict } from './guard.ts'
export { guardVerdicts } from './guard.ts'
export type {
  GuardChange,
  GuardEnvironment,
  GuardRunnerOptions,
  GuardSample,
} from './guard-runner.ts'
export { GuardRunner } from './guard-runner.ts'
export type { Pictures } from './pictures.ts'
