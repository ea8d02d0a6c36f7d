/**
 * What a terminal acts on (controls), what reorders or hides the text around it (format characters:
 * bidirectional overrides and isolates, zero-width characters), what some programs take for the end of
 * a line (U+2028, U+2029), and lone surrogates. Unicode TR36 §2.3 and §3.2.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** More than any line of a log needs. */
const maxTextLength = 2000
const maxItems = 100

/**
 * `text` as a log, a page or a terminal may show it, also if a client wrote it: unprintable characters are
 * written as `\u{202e}`, and of a longer text the first `maxLength` characters are left, and `…`.
 */
export function printable(text: string, maxLength = maxTextLength): string {
  const kept = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  return kept.replace(unprintable, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
}

/** A stack trace on several lines, which only the trace itself begins: its message is one line. */
export function printableStack(stack: string): string {
  return stack
    .split(/\n(?=\s+at |caused by: )/, maxItems)
    .map((line) => printable(line))
    .join('\n')
}

/** {@link printable} for every text in fields of a log line. Errors are left to their serializer. */
export function printableFields<T>(fields: T): T
export function printableFields(fields: unknown): unknown {
  if (typeof fields === 'string') return printable(fields)
  if (Array.isArray(fields)) return fields.slice(0, maxItems).map(printableFields)
  if (fields === null || typeof fields !== 'object' || fields instanceof Error) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [printable(key), printableFields(value)]),
  )
}
