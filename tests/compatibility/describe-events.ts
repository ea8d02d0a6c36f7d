import type { BuddyClient, ClientEvents } from '@buddy-chat/client'

/** The part of each event that is recorded. Ids differ in each conversation. */
const details: { readonly [Name in keyof ClientEvents]?: (event: ClientEvents[Name]) => unknown } =
  {
    match: ({ partner, interests }) => ({ partner: partner.name, interests }),
    message: (event) => event,
    typing: (event) => event,
    trust: (event) => event,
    leave: (event) => event,
    welcome: (event) => event,
    'partner-away': (event) => event,
    'partner-sending': (event) => event,
    'remote-stream': (stream) => stream !== undefined,
    error: ({ code }) => code,
  }

/** Calls `note` with each state of the client, and with each event that recordings contain. */
export function describeEvents(
  client: BuddyClient,
  note: (verb: 'is' | 'emits', detail: string) => void,
): void {
  client.on('state', ({ state }) => note('is', state))
  const describe = <Name extends keyof ClientEvents>(
    name: Name,
    detailOf: (event: ClientEvents[Name]) => unknown,
  ): void => {
    client.on(name, (event) => note('emits', `${name} ${JSON.stringify(detailOf(event))}`))
  }
  for (const name of Object.keys(details) as (keyof ClientEvents)[]) {
    describe(name, details[name] as (event: ClientEvents[typeof name]) => unknown)
  }
}
