/** The colours of the style sheet that plots use; each is a custom property with this name. */
const names = ['violet', 'teal', 'amber', 'quiet', 'line'] as const

/** The name of a colour. */
export type Colour = (typeof names)[number]

/** The current colours, of the light or the dark scheme. Each is `#` and six hexadecimal digits. */
export class Palette {
  #colours: Partial<Record<Colour, string>> = {}

  constructor() {
    this.refresh()
  }

  /** Reads the colours from the style sheet again. */
  refresh(): void {
    const style = getComputedStyle(document.documentElement)
    for (const name of names) this.#colours[name] = style.getPropertyValue(`--${name}`).trim()
  }

  /**
   * Returns a colour for a canvas.
   * @param opacity 0 to 1. @default 1
   */
  colour(name: Colour, opacity = 1): string {
    const digits = Math.round(opacity * 255).toString(16)
    return `${this.#colours[name] ?? ''}${opacity === 1 ? '' : digits.padStart(2, '0')}`
  }
}
