// Loaded into a node before its own code: each SIGUSR2 sets the wall clock to another time, as a wrong time server or an
// operator does. Timers and performance.now() are not affected, as in a real jump.

/** The errors of the clock, one after the other, in milliseconds. */
const errorsMs = [3 * 60_000, 0, -2 * 60_000, 45_000, -45_000]

const TrueDate = Date
let jumps = -1
const errorMs = () => (jumps < 0 ? 0 : errorsMs[jumps % errorsMs.length])

globalThis.Date = class extends TrueDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [TrueDate.now() + errorMs()] : parts))
  }

  static now() {
    return TrueDate.now() + errorMs()
  }
}

process.on('SIGUSR2', () => jumps++)
