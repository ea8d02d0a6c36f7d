import { english } from './english.ts'
import type { Words } from './words.ts'

/** The words that visitors read. This is the only place that chooses a language, today always English. */
export const visitorWords: Words = english
