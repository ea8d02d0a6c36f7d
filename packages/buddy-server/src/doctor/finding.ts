/** The checks of the doctor, in the order of its report. */
export const checkNames = [
  'configuration',
  'native addon',
  'own files',
  'port',
  'running server',
  'open files',
  'TLS files',
  'Redis',
  'origins',
  'clock',
  'public URL',
  'WebSocket',
  'client address',
  'STUN',
  'TURN',
] as const
/** The name of a check. */
export type CheckName = (typeof checkNames)[number]

/**
 * What a check has found. `problem`: something does not work. `warning`: it may not work for some visitors, or
 * is not safe. `skipped`: it could not be checked, or does not apply.
 */
export type Verdict = 'ok' | 'skipped' | 'warning' | 'problem'

/** One result of a check. */
export interface Observation {
  readonly verdict: Verdict
  /** One sentence, which also says what to do if the verdict is not `ok`. It contains no secret. */
  readonly message: string
}

/** An observation in a report. */
export interface Finding extends Observation {
  readonly check: CheckName
}

const observationOf =
  (verdict: Verdict) =>
  (message: string): Observation => ({ verdict, message })

/** Makes an observation: it works. */
export const ok = observationOf('ok')
/** Makes an observation: it was not checked. */
export const skipped = observationOf('skipped')
/** Makes an observation: it may not work for everyone, or is not safe. */
export const warning = observationOf('warning')
/** Makes an observation: it does not work. */
export const problem = observationOf('problem')
