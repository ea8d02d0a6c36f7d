import type { english } from './english.ts'
import type { Placeholder, Plural } from './fill.ts'

/** A text that contains each of these placeholders once, in any order. */
type TextWith<Name extends string, Rest extends string = Name> = [Name] extends [never]
  ? string
  : Name extends unknown
    ? `${string}{${Name}}${TextWith<Exclude<Rest, Name>>}`
    : never

type Translated<Original> = {
  readonly [Key in keyof Original]: Original[Key] extends string
    ? TextWith<Placeholder<Original[Key]>>
    : Original[Key] extends Plural
      ? Plural
      : Translated<Original[Key]>
}

/**
 * All words of the element in one language. A language has the keys of the English words, the same
 * placeholders in each text, and its own plural categories. Anything else is a type error. To add a
 * language, add one constant of this type.
 */
export type Words = Translated<typeof english>
