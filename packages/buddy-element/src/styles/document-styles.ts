import type { CSSResultOrNative } from 'lit'

/**
 * The constructed style sheets of each document. They work only in the document that created them.
 */
const sheetsOf = new WeakMap<Document, Map<CSSResultOrNative, CSSStyleSheet>>()

/**
 * Makes `root` adopt `styles`, as sheets of its current document. Does nothing if that document has
 * no window.
 */
export function adoptDocumentStyles(root: ShadowRoot, styles: readonly CSSResultOrNative[]): void {
  const { ownerDocument } = root
  const view = ownerDocument.defaultView
  if (!view) return
  const known = sheetsOf.get(ownerDocument) ?? new Map<CSSResultOrNative, CSSStyleSheet>()
  sheetsOf.set(ownerDocument, known)
  root.adoptedStyleSheets = styles.map((style) => {
    const sheet = known.get(style) ?? new view.CSSStyleSheet()
    if (!known.has(style)) sheet.replaceSync(cssText(style))
    known.set(style, sheet)
    return sheet
  })
}

const cssText = (style: CSSResultOrNative): string =>
  'cssText' in style ? style.cssText : [...style.cssRules].map((rule) => rule.cssText).join('\n')
