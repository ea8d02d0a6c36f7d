import type { Session } from '../sessions/session.ts'
import { measureMessage } from './measure-message.ts'
import type { SafetyParts } from './safety-state.ts'
import type { StoredMeasure } from './store.ts'

/** Sends clients the measures that they have not received. */
export class MeasureDelivery {
  readonly #parts: SafetyParts

  constructor(parts: SafetyParts) {
    this.#parts = parts
  }

  /** Sends a client that has joined the measures that it may not have received. */
  sendMeasures(session: Session): void {
    for (const slow of this.#parts.state().measures.of(session.personKey, 'slow'))
      this.#tell(session, slow)
    this.sendWarnings(session)
  }

  #tell(session: Session, measure: StoredMeasure): void {
    const { appealUrl } = this.#parts.dependencies.rulesOf(session.identity.site)
    session.send(measureMessage(measure, appealUrl))
  }

  /** Sends a client the warnings that no client of this person has received. */
  sendWarnings(session: Session): void {
    for (const warning of this.#parts.state().measures.of(session.personKey, 'warning')) {
      this.#tell(session, warning)
      this.handleWarned(warning)
    }
  }

  /** Call this when a client of the person has received a warning. No other client then receives it. */
  handleWarned(warning: StoredMeasure): void {
    this.#parts.state().measures.delete(warning)
    this.#parts.log().add({ kind: 'delivery', measureId: warning.id })
  }
}
