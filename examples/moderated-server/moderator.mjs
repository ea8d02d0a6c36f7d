const words = /\b(casino|lottery)\b/i

/**
 * Decides about lines: by a list of words, and by the service at `url` where there is one, which gets
 * `{ text }` by POST and answers `{ allowed }`.
 * @returns a function from a line to a promise of whether it may pass; it rejects where the service fails
 */
export function createModerator(url) {
  return async (text) => {
    if (words.test(text)) return false
    if (!url) return true
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text }),
      // Who waits longer for a line would rather not have it.
      signal: AbortSignal.timeout(2000),
    })
    if (!response.ok) throw new Error(`the moderation service answers ${response.status}`)
    return (await response.json()).allowed === true
  }
}
