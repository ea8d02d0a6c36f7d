import type { GuardResult } from '@buddy-chat/client/guard'

/** The classes of the model, which every picture belongs to with some probability. */
export type NsfwClass = 'Drawing' | 'Hentai' | 'Neutral' | 'Porn' | 'Sexy'

/** The probability of each class. They add up to 1. */
export type NsfwScores = Readonly<Record<NsfwClass, number>>

/**
 * The probabilities from which a verdict is given. Null: never. *Explicit* is the sum of `Porn` and `Hentai`;
 * `Sexy` is the model's word for little clothing.
 */
export interface NsfwThresholds {
  /** `Sexy` from which the verdict is `warn`. @default null */
  readonly warn: number | null
  /** Explicit probability from which the verdict is `veil`. @default 0.75 */
  readonly veil: number | null
  /** Explicit probability from which the verdict is `leave`. @default null */
  readonly leave: number | null
}

export const defaultThresholds: NsfwThresholds = { warn: null, veil: 0.75, leave: null }

const reaches = (score: number, threshold: number | null): boolean =>
  threshold !== null && score >= threshold

/** Returns the verdict on a picture with these scores. */
export function resultOf(scores: NsfwScores, thresholds: NsfwThresholds): GuardResult {
  const { Drawing, Hentai, Neutral, Porn, Sexy } = scores
  const explicit = { label: Porn >= Hentai ? 'Porn' : 'Hentai', score: Porn + Hentai }
  if (reaches(explicit.score, thresholds.leave)) return { verdict: 'leave', ...explicit }
  if (reaches(explicit.score, thresholds.veil)) return { verdict: 'veil', ...explicit }
  if (reaches(Sexy, thresholds.warn)) return { verdict: 'warn', label: 'Sexy', score: Sexy }
  const likeliest = Object.entries({ Drawing, Hentai, Neutral, Porn, Sexy }).reduce((one, other) =>
    other[1] > one[1] ? other : one,
  )
  return { verdict: 'ok', label: likeliest[0], score: likeliest[1] }
}
