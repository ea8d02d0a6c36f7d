import type { Cancel, Clock } from '../clock.ts'
import type { Gathered } from './rules.ts'

/** TURN by UDP is given up by browsers after some 10 s; whoever answers does so at once. */
const patienceMs = 8000

interface GatherEnvironment {
  readonly createConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  readonly clock: Clock
}

/**
 * Asks ICE servers for addresses, without anybody at the other end. Ends as soon as `isEnough`, when
 * the browser is done, or after 8 s.
 * @throws what the browser's RTCPeerConnection throws on construction (as a rejection)
 */
export async function gather(
  { createConnection, clock }: GatherEnvironment,
  configuration: RTCConfiguration,
  isEnough: (seen: Gathered) => boolean,
): Promise<Gathered> {
  const connection = createConnection(configuration)
  const tellsErrors = 'onicecandidateerror' in connection
  const errorCodes: number[] = []
  let seen: Gathered = {
    isReflexive: false,
    isRelayed: false,
    errorCodes,
    isComplete: false,
    tellsErrors,
  }
  let cancel: Cancel | undefined
  try {
    await new Promise<void>((resolve) => {
      cancel = clock.after(patienceMs, resolve)
      const look = (change: Partial<Gathered>): void => {
        seen = { ...seen, ...change }
        if (seen.isComplete || isEnough(seen)) resolve()
      }
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate?.candidate) return
        if (candidate.type === 'srflx') look({ isReflexive: true })
        if (candidate.type === 'relay') look({ isRelayed: true })
      })
      connection.addEventListener('icecandidateerror', ({ errorCode }) => {
        errorCodes.push(errorCode)
        look({})
      })
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') look({ isComplete: true })
      })
      connection.createDataChannel('')
      connection.setLocalDescription().catch(() => resolve())
    })
  } finally {
    cancel?.()
    connection.close()
  }
  return seen
}
