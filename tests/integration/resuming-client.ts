// A client that keeps what it takes to go on with a server that does not know it.
import type { MessageOf } from '@buddy-chat/protocol'
import { RawClient } from './raw-client.ts'

/** A client, and what it has to show to a server that does not know it. */
export class Survivor {
  client: RawClient
  welcome: MessageOf<'welcome'>
  roomToken: string | null = null
  received = 0
  sent = 0

  private constructor(client: RawClient, welcome: MessageOf<'welcome'>) {
    this.client = client
    this.welcome = welcome
  }

  /** Says hello. */
  static async join(url: string, name: string, hello: object = {}): Promise<Survivor> {
    const client = await RawClient.connect(url)
    client.sayHello({ name, ...hello })
    return new Survivor(client, await client.receive('welcome'))
  }

  /** Two in a room. */
  static async pair(url: string, lobby = ''): Promise<[Survivor, Survivor]> {
    const ana = await Survivor.join(url, 'Ana')
    ana.client.enter({ lobby })
    await ana.client.receive('waiting')
    const bob = await Survivor.join(url, 'Bob')
    bob.client.enter({ lobby })
    await Promise.all([ana.matched(), bob.matched()])
    return [ana, bob]
  }

  /** Waits for its match. */
  async matched(): Promise<void> {
    this.roomToken = (await this.client.receive('matched')).roomToken
  }

  /** Comes to the server at `url`, showing what it has, or what it is told to show. */
  async comeBack(
    url: string,
    more: Partial<NonNullable<MessageOf<'hello'>['resume']>> = {},
    hello: object = {},
  ): Promise<MessageOf<'welcome'>> {
    this.received += this.client.received
    this.sent += this.client.sent
    const { received, sent, roomToken } = this
    const token = this.welcome.resumeToken ?? ''
    this.client = await RawClient.connect(url)
    this.client.sayHello({ resume: { token, received, sent, roomToken, ...more }, ...hello })
    this.welcome = await this.client.receive('welcome')
    return this.welcome
  }
}
