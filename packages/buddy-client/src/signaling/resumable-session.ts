import type { MessageOf } from '@buddy-chat/protocol'
import { FrameLedger } from './frame-ledger.ts'

/** What a client knows about its session on the server. A session can outlive its connections. */
export class ResumableSession {
  readonly ledger = new FrameLedger()
  /** Null if the server does not resume sessions. */
  resumeToken: string | null = null
  /** Proves to a server that has restarted which room the client is in. Null if it is in none. */
  roomToken: string | null = null

  get mayResume(): boolean {
    return this.resumeToken !== null
  }

  /** What a new `hello` carries to resume the session, also on a server that has restarted. */
  get proof(): MessageOf<'hello'>['resume'] {
    const { resumeToken: token, roomToken } = this
    if (token === null) return null
    const { received, written: sent } = this.ledger
    return { token, received, sent, roomToken }
  }
}
