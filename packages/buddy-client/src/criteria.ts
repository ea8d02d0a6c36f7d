import type { MessageOf } from '@buddy-chat/protocol'

/** What the partner must have: one of the values of an attribute that the site signs in its tokens. */
export interface Ask {
  /** The name of the attribute, at most 32 bytes. */
  readonly attribute: string
  /** At most 8 values of at most 64 bytes each. */
  readonly values: readonly string[]
}

/** The options that describe whom the user looks for. `BuddyClientOptions` explains each. */
export interface SearchCriteria {
  readonly interests: readonly string[]
  readonly languages: readonly string[]
  readonly asks: readonly Ask[]
  readonly keepInterests: boolean
  readonly keepLanguages: boolean
}

/** The criteria to change. Criteria that are missing or undefined stay as they are. */
export type CriteriaChange = {
  readonly [Name in keyof SearchCriteria]?: SearchCriteria[Name] | undefined
}

/** Creates the fields of `ticket` and `change` that describe whom the user looks for. */
export function toCriteriaFields({
  interests,
  languages,
  asks,
  keepInterests,
  keepLanguages,
}: SearchCriteria): Omit<MessageOf<'change'>, 'type'> {
  const keepsAny = keepInterests || keepLanguages
  return {
    interests,
    languages,
    ...(asks.length > 0 && { asks }),
    ...(keepsAny && { keep: { interests: keepInterests, languages: keepLanguages } }),
  }
}
