import type { InterestRefusal } from '../../criteria/interests.ts'

/** Interests and languages, on the start screen and while waiting. */
export const criteria = {
  /** The button that opens the fields where there is little space, and the title of the panel. */
  criteria: 'Interests and languages',
  openCriteria: 'Interests and languages: {chosen}',
  closeCriteria: 'Close',
  interests: 'Your interests',
  interestPlaceholder: 'Interests (optional)',
  anotherInterestPlaceholder: 'Add an interest',
  removeInterest: 'Remove {interest}',
  languages: 'Languages you speak, the most wanted first',
  languageToAdd: 'Language to add',
  chooseLanguage: 'Add a language',
  addLanguage: 'Add',
  removeLanguage: 'Remove {language}',
  preferLanguage: 'Prefer {language}',
  added: '{items} added.',
  removed: '{items} removed.',
  preferred: '{items} moved forward.',
  interestRefused: {
    duplicate: '{interest} is in your list already.',
    'too-long': 'That is too long. Use fewer words.',
    'too-many': 'Ten interests are the most. Remove one first.',
  } satisfies Record<InterestRefusal, string>,
  tooManyLanguages: 'Eight languages are the most. Remove one first.',
} as const
