import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { Words } from '../words/words.ts'

const schemes = new Set(['http:', 'https:', 'mailto:'])

/**
 * A link to another page, which opens in a new tab because this page may be in a call. Nothing if `url` is
 * empty, is no URL, or could run a script.
 */
export function outsideLink(
  words: Words,
  url: string,
  label: string,
  part: string,
): TemplateResult | typeof nothing {
  if (!url || !URL.canParse(url, document.baseURI)) return nothing
  const { href, protocol } = new URL(url, document.baseURI)
  if (!schemes.has(protocol)) return nothing
  return html`<a part=${part} href=${href} target="_blank" rel="noopener noreferrer"
    >${label}<span class="unseen"> ${words.opensInNewTab}</span></a
  >`
}
