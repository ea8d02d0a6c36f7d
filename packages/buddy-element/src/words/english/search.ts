import type { Searching } from '@buddy-chat/client'

/** Whom the visitor waits for, and why two users met. */
export const search = {
  more: { one: '{count} more', other: '{count} more' },
  lookingForBoth: 'Looking for someone who likes {interests} and speaks {languages}…',
  lookingForInterests: 'Looking for someone who likes {interests}…',
  lookingForLanguages: 'Looking for someone who speaks {languages}…',
  obstacles: {
    none: '',
    'known-people': 'You have just met everybody who is here. Someone new may come any moment.',
    'few-people': 'Nobody else is here right now. Someone may come any moment.',
  } satisfies Record<Searching['obstacle'], string>,
  estimateShort: 'Lately others waited a few seconds.',
  estimateSeconds: {
    one: 'Lately others waited up to {count} second.',
    other: 'Lately others waited up to {count} seconds.',
  },
  estimateMinutes: {
    one: 'Lately others waited up to {count} minute.',
    other: 'Lately others waited up to {count} minutes.',
  },
  widensIn: {
    one: 'The search widens in {count} second.',
    other: 'The search widens in {count} seconds.',
  },
  widensNow: 'The search widens now.',
  /** The buttons that keep the search as it is. */
  keepInterests: 'Keep looking for {interests}',
  keepLanguages: 'Keep to {languages}',
  anybody: 'Look for anybody now',
  notAnybody: 'Use my interests and languages again',
  change: 'Change',
  changeCriteria: 'Change interests and languages',
  commonInterests: 'You both like {interests}.',
  commonLanguages: 'You both speak {languages}.',
  rematch: 'You have met before; nobody else is here.',
} as const
