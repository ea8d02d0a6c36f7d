/**
 * Characters that logs and the dashboard escape: control characters, which terminals execute; format characters,
 * which reorder or hide text (bidirectional overrides and isolates, zero-width characters); U+2028 and
 * U+2029, which some programs treat as the end of a line; and lone surrogates. See Unicode TR36 §2.3, §3.2.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The default maximum length. No text in the log needs to be as long. */
const maxTextLength = 2000
const maxItems = 100

/**
 * Returns `text` in a form that is safe to show in a log, a page or a terminal, even if a client sent it.
 * Unprintable characters become escapes such as `\u{202e}`. A text longer than `maxLength` is cut and ends in
 * `…`.
 */
export function printable(text: string, maxLength = maxTextLength): string {
  const kept = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  return kept.replace(unprintable, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`)
}

/** Returns a stack trace with one line for the message and one for each frame. */
export function printableStack(stack: string): string {
  return stack
    .split(/\n(?=\s+at |caused by: )/, maxItems)
    .map((line) => printable(line))
    .join('\n')
}

/**
 * Applies {@link printable} to every text in the fields of a log line. Errors are left as they are, because
 * the log has a serializer for them.
 */
export function printableFields<T>(fields: T): T
export function printableFields(fields: unknown): unknown {
  if (typeof fields === 'string') return printable(fields)
  if (Array.isArray(fields)) return fields.slice(0, maxItems).map(printableFields)
  if (fields === null || typeof fields !== 'object' || fields instanceof Error) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [printable(key), printableFields(value)]),
  )
}
