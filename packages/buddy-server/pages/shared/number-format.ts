const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const oneDecimal = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** The text that is shown instead of a missing figure. */
export const noFigure = '–'

/** Formats a count as `4,321` or, from a million on, as `4.32M`. */
export function formatCount(count: number): string {
  return (count < 1e6 ? whole : short).format(count)
}

/** Formats a count for an axis as `4,321` or, from ten thousand on, as `43.2K`. */
export function formatCountTick(count: number): string {
  return (count < 1e4 ? threeOrWhole(count) : short).format(count)
}

const threeOrWhole = (value: number): Intl.NumberFormat => (value < 100 ? threeDigits : whole)

/** Formats a count per unit of time, for example as `0.4`, `12.5` or `1,250`. */
export function formatRate(rate: number): string {
  return rate < 100 ? oneDecimal.format(rate) : formatCount(rate)
}

/** Formats a percentage, for example as `6.2 %`. */
export function formatPercent(percent: number): string {
  return `${oneDecimal.format(percent)} %`
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Formats an amount of data in decimal units, for example as `512 B`, `34.1 kB` or `1.25 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let step = 0
  // The next unit begins at 999.5, because 999.5 would be rounded to 1000.
  while (value >= 999.5 && step < byteUnits.length - 1) {
    value /= 1000
    step++
  }
  return `${threeDigits.format(value)} ${byteUnits[step] ?? ''}`
}
