/** The colours of the style sheet that a canvas needs; each is the custom property of that name. */
const names = ['violet', 'teal', 'amber', 'quiet', 'line'] as const

/** The name of a colour. */
export type Colour = (typeof names)[number]

/** The colours as they are now, light or dark: each `#` and six digits. */
export class Palette {
  #colours: Partial<Record<Colour, string>> = {}

  constructor() {
    this.refresh()
  }

  /** Reads the style sheet anew. */
  refresh(): void {
    const style = getComputedStyle(document.documentElement)
    for (const name of names) this.#colours[name] = style.getPropertyValue(`--${name}`).trim()
  }

  /** @param opacity 0 to 1. @default 1 */
  colour(name: Colour, opacity = 1): string {
    const digits = Math.round(opacity * 255).toString(16)
    return `${this.#colours[name] ?? ''}${opacity === 1 ? '' : digits.padStart(2, '0')}`
  }
}
