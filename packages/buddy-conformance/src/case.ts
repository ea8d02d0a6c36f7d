import type { CaseContext } from './case-context.ts'

/** The features that a server may leave out, as the page names them, and what each requires. */
export const features = {
  core: 'every server',
  resume: 'sessions that resume',
  restart: 'sessions that outlive the server process',
  offers: 'offers',
  rates: 'limits of rates',
  reports: 'reports',
  criteria: 'matching by criteria',
  blocks: 'blocks',
  visitors: 'visitors',
  names: 'names',
  origins: 'origins',
  tokens: 'tokens of sites',
  http: 'HTTP routes',
} as const

/** A feature that a server claims. Every server has `core`. */
export type Feature = keyof typeof features

/** One case: it checks one rule of the page. */
export interface Case {
  /** The group and the number or name of the case, unique. */
  readonly id: string
  /** What the server does if it keeps the rule. */
  readonly title: string
  /** The sentence of docs/protocol.md that the case checks, without its markup. */
  readonly rule: string
  readonly feature: Feature
  /**
   * The longest time that the case may take, if it has to wait for a time limit of the server. Such cases run
   * beside the others.
   */
  readonly waitsMs?: number
  /** Whether the server restarts during the case. Such cases run after all others, at the same time. */
  readonly restarts?: true
  /** Throws Failure if the server breaks the rule, and Skip if the case cannot check it. */
  readonly run: (context: CaseContext) => Promise<void>
}

/** A case without the fields that its group supplies. */
export type CaseBody = Omit<Case, 'id' | 'feature'>

/**
 * Returns cases with ids of the form `group/slug`, made from their titles.
 */
export function group(name: string, feature: Feature, cases: readonly CaseBody[]): readonly Case[] {
  return cases.map((body) => ({ feature, ...body, id: `${name}/${slug(body.title)}` }))
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
