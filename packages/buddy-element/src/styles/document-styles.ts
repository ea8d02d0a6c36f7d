import type { CSSResultOrNative } from 'lit'

/** Constructed style sheets belong to the document they were made in, and are dropped in any other one. */
const sheetsOf = new WeakMap<Document, Map<CSSResultOrNative, CSSStyleSheet>>()

/** Gives `root` its styles in the document it is in now; nothing in a document that is shown nowhere. */
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
