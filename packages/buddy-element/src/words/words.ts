import type { english } from './english.ts'
import type { Placeholder } from './fill.ts'

/** The words of the element in the language of the visitor. */
export type Words = typeof english

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never

/** A text that contains each of these placeholders. */
type TextWith<Name extends string> = [Name] extends [never]
  ? string
  : Intersection<Name extends unknown ? `${string}{${Name}}${string}` : never>

/** Another language: the keys of the English words, and texts with the same placeholders. */
export type Translation<Original = Words> = {
  readonly [Key in keyof Original]: Original[Key] extends string
    ? TextWith<Placeholder<Original[Key]>>
    : Translation<Original[Key]>
}
