import type { CheckContext } from '../context.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import { httpGet } from '../../http-get.ts'
import { within } from '../../within.ts'

/** A `Date` header has whole seconds, and both machines may be a little off. */
const warnAboveSeconds = 10
/** Above this, tokens that a site issues for a few minutes expire before they arrive. */
const problemAboveSeconds = 120

/**
 * Compares the clock with the `Date` of a web server: that of `--time-from`, or of the first origin with https.
 * Tokens of sites and TURN credentials are valid for a limited time, so the clocks must agree.
 */
export async function checkClock({
  config,
  timeFrom,
  now,
  timeLimitMs,
}: CheckContext): Promise<Observation[]> {
  const { allowedOrigins, sites } = config.options
  const origins = [allowedOrigins, ...sites.map((site) => site.allowedOrigins)].flat()
  const source =
    timeFrom ?? origins.find((each) => each.startsWith('https:') && !each.includes('*'))
  if (source === undefined) {
    return [
      skipped('There is no page with https to compare the clock with: add --time-from and a URL.'),
    ]
  }
  const host = new URL(source).host
  try {
    const before = now()
    const answer = await within(timeLimitMs, (signal) =>
      // The certificate is not verified, because a wrong clock makes valid certificates invalid.
      httpGet(source, { method: 'HEAD', signal, verifiesCertificate: false }),
    )
    const ageMs = Number(answer.header('age') ?? 0) * 1000
    const theirs = Date.parse(answer.header('date') ?? '') + ageMs
    if (Number.isNaN(theirs)) {
      return [
        skipped(
          `${host} sends no date to compare the clock with: add --time-from and another URL.`,
        ),
      ]
    }
    const seconds = Math.round(((before + now()) / 2 - theirs) / 1000)
    const size = Math.abs(seconds)
    if (size <= warnAboveSeconds) return [ok(`The clock agrees with that of ${host}.`)]
    const message = `The clock is ${size} s ${seconds < 0 ? 'behind' : 'ahead of'} that of ${host}: synchronise it (NTP), because tokens and TURN credentials expire.`
    return [size > problemAboveSeconds ? problem(message) : warning(message)]
  } catch (error) {
    return [
      skipped(
        `${host} cannot be asked for the time, because ${faultOf(error)}: add --time-from and another URL.`,
      ),
    ]
  }
}
