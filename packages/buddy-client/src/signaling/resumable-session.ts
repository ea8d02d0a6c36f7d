import type { MessageOf } from '@buddy-chat/protocol'
import { FrameLedger } from './frame-ledger.ts'

/** Everything that a client needs to resume its session on a later connection. */
export class ResumableSession {
  readonly ledger = new FrameLedger()
  /** Null if the server does not resume sessions. */
  resumeToken: string | null = null
  /** Proves to a server that has restarted in which room the client is. Null if it is in none. */
  roomToken: string | null = null

  get mayResume(): boolean {
    return this.resumeToken !== null
  }

  /** The field `resume` of the next `hello`. Null if the session cannot be resumed. */
  get proof(): MessageOf<'hello'>['resume'] {
    const { resumeToken: token, roomToken } = this
    if (token === null) return null
    const { received, written: sent } = this.ledger
    return { token, received, sent, roomToken }
  }
}
