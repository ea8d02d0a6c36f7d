import type { MessageOf } from '@buddy-chat/protocol'
import type { ConnectOptions } from './raw-client.ts'
import { RawClient } from './raw-client.ts'

/**
 * A client that keeps everything it needs to resume its session and its room, even if the server was
 * restarted and no longer knows them.
 */
export class ResumingClient {
  client: RawClient
  welcome: MessageOf<'welcome'>
  roomToken: string | null = null
  received = 0
  sent = 0

  readonly #options: ConnectOptions

  private constructor(client: RawClient, welcome: MessageOf<'welcome'>, options: ConnectOptions) {
    this.client = client
    this.welcome = welcome
    this.#options = options
  }

  /** Opens a connection, sends hello and waits for the welcome. */
  static async join(
    url: string,
    name: string,
    hello: object = {},
    options: ConnectOptions = {},
  ): Promise<ResumingClient> {
    const client = await RawClient.connect(url, options)
    client.sendHello({ name, ...hello })
    return new ResumingClient(client, await client.receive('welcome'), options)
  }

  /** Resolves with two clients, `Ana` and `Bob`, in a room. Bob is at the server `otherUrl`. */
  static async pair(
    url: string,
    lobby = '',
    otherUrl = url,
  ): Promise<[ResumingClient, ResumingClient]> {
    const ana = await ResumingClient.join(url, 'Ana')
    ana.client.enter({ lobby })
    await ana.client.receive('waiting')
    const bob = await ResumingClient.join(otherUrl, 'Bob')
    bob.client.enter({ lobby })
    await Promise.all([ana.matched(), bob.matched()])
    return [ana, bob]
  }

  /** Waits for the match and keeps its room token. */
  async matched(): Promise<void> {
    this.roomToken = (await this.client.receive('matched')).roomToken
  }

  /**
   * Resumes by a new connection to the server at `url`; resolves with its welcome.
   * @param more fields of `hello.resume` that differ from what the client has kept
   */
  async reconnect(
    url: string,
    more: Partial<NonNullable<MessageOf<'hello'>['resume']>> = {},
    hello: object = {},
  ): Promise<MessageOf<'welcome'>> {
    this.received += this.client.received
    this.sent += this.client.sent
    const { received, sent, roomToken } = this
    const token = this.welcome.resumeToken ?? ''
    this.client = await RawClient.connect(url, this.#options)
    this.client.sendHello({ resume: { token, received, sent, roomToken, ...more }, ...hello })
    this.welcome = await this.client.receive('welcome')
    return this.welcome
  }
}
