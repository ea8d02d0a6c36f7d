/** The names of the style sheet's colours that plots use. Each is the name of a custom property. */
const names = ['violet', 'teal', 'amber', 'quiet', 'line'] as const

/** The name of a colour. */
export type Colour = (typeof names)[number]

/**
 * The present colours, which are those of the light or the dark scheme. Each is `#` and six hexadecimal
 * digits.
 */
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

  /** Returns a colour in a form that a canvas accepts. @param opacity from 0 to 1; 1 by default */
  colour(name: Colour, opacity = 1): string {
    const digits = Math.round(opacity * 255).toString(16)
    return `${this.#colours[name] ?? ''}${opacity === 1 ? '' : digits.padStart(2, '0')}`
  }
}
