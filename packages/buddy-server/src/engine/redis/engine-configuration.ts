import type { EngineDependencies } from '../memory/memory-engine.ts'
import type { Configuration } from './wire.ts'

/** The settings that Redis receives with the commands. */
export type EngineSettings = Pick<
  EngineDependencies,
  'maxRooms' | 'avoidRecentMs' | 'avoidRecentCount' | 'rematchDelayMs' | 'blockMs' | 'fairLimits'
> & {
  /**
   * Returns by how much a ticket of the same node may have waited shorter than one of another node, and is still
   * preferred, in milliseconds. @default 250
   */
  readonly nearMs?: () => number
}

/** Two tickets whose waits differ by less than this time, in milliseconds, count as equally old. */
const nearMs = 250

/** Returns the present settings as Redis receives them. */
export function configurationOf(settings: EngineSettings): Configuration {
  const { maxRooms, avoidRecentMs, avoidRecentCount, rematchDelayMs, blockMs, fairLimits } =
    settings
  const rematchMs = rematchDelayMs()
  return {
    maxRooms: maxRooms(),
    // The rematch delay holds even if no partners are avoided.
    avoidMs: avoidRecentCount() > 0 ? Math.max(avoidRecentMs(), rematchMs) : rematchMs,
    avoidCount: avoidRecentCount(),
    rematchMs,
    blockMs: blockMs(),
    nearMs: settings.nearMs?.() ?? nearMs,
    ...fairLimits(),
  }
}
