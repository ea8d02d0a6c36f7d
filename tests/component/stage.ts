// Mounts elements in the page, connects them with partners, and inspects what a visitor sees.
import { BuddyChat } from '@buddy-chat/element'
import type { Message, MessageOf, MessageType } from '@buddy-chat/protocol'
import { decode, encode, subprotocol } from '@buddy-chat/protocol'
import { expect } from 'chai'

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

declare global {
  interface Window {
    /**
     * Server URLs, defined in web-test-runner.config.mjs. The server `open` accepts every client,
     * `relayed` also has a TURN server, `choosy` refuses the origin of the tests, and `full`
     * accepts only one user. No server listens at `dead`.
     */
    servers: Readonly<Record<'open' | 'relayed' | 'choosy' | 'full' | 'dead', string>>
    axe: { run(node: Element, options: object): Promise<AxeResults> }
  }
}

type Attributes = Readonly<Record<string, string>>

const { setItem } = Storage.prototype

/**
 * Makes each element of a test a visitor of its own. Otherwise all elements of the page would share the
 * visitor token in `localStorage`, and the server would not match a person with themselves.
 */
Storage.prototype.setItem = function setOtherItem(key: string, value: string): void {
  if (!key.startsWith('buddy-visitor ')) setItem.call(this, key, value)
}

const mounted: BuddyChat[] = []
const partners: Partner[] = []

/** Returns the name of a lobby that no other test uses. */
export function newLobby(): string {
  return `lobby-${crypto.randomUUID()}`
}

/**
 * Adds a `<buddy-chat>` of 800 × 600 px to the page. By default, it uses the server `open` and a
 * lobby of its own.
 */
export async function mount(attributes: Attributes = {}): Promise<BuddyChat> {
  const chat = document.createElement('buddy-chat')
  const all = { server: window.servers.open, lobby: newLobby(), ...attributes }
  for (const [name, value] of Object.entries(all)) chat.setAttribute(name, value)
  resize(chat, 800, 600)
  document.body.append(chat)
  mounted.push(chat)
  await chat.updateComplete
  return chat
}

export function resize(chat: HTMLElement, width: number, height: number): void {
  Object.assign(chat.style, { display: 'block', width: `${width}px`, height: `${height}px` })
}

/** Removes all elements and partners, so that every test begins with an empty page. */
export async function clear(): Promise<void> {
  for (const chat of mounted.splice(0)) {
    chat.stop()
    chat.remove()
  }
  for (const partner of partners.splice(0)) partner.close()
  await Promise.resolve()
}

/**
 * Polls `holds` and resolves with its first truthy result. After 8 s rejects with an error that
 * contains `what`.
 */
export async function until<T>(what: string, holds: () => T): Promise<NonNullable<T>> {
  const endMs = performance.now() + 8000
  for (;;) {
    const value = holds()
    if (value) return value
    if (performance.now() > endMs) throw new Error(`waited for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export async function untilState(chat: BuddyChat, ...states: string[]): Promise<void> {
  await until(`${states.join(' or ')}, is ${chat.state}`, () => states.includes(chat.state))
  await chat.updateComplete
}

/** Returns the visible node with this part name. */
export function part<E extends HTMLElement = HTMLElement>(
  chat: BuddyChat,
  name: string,
): E | undefined {
  const nodes = chat.renderRoot.querySelectorAll<E>(`[part~="${name}"]`)
  return [...nodes].find((node) => node.checkVisibility({ visibilityProperty: true }))
}

export function isShown(chat: BuddyChat, name: string): boolean {
  return part(chat, name) !== undefined
}

/**
 * Returns the part names of the focused node inside the element. Not the node itself, because the
 * test runner cannot show a node in a failure.
 */
export function focused(chat: BuddyChat): string | undefined {
  return (chat.renderRoot as ShadowRoot).activeElement?.part.value
}

/** Clicks a button as soon as it is enabled. */
export async function press(chat: BuddyChat, name: string): Promise<void> {
  const node = await until(`the part ${name}`, () => {
    const button = part(chat, name)
    return button?.ariaDisabled === 'true' ? undefined : button
  })
  node.click()
  await chat.updateComplete
}

/** Returns all visible text and all ARIA labels. */
export function visibleText(chat: BuddyChat): string {
  const nodes = [...chat.renderRoot.children] as HTMLElement[]
  const labels = [...chat.renderRoot.querySelectorAll('[aria-label]')]
  return [
    ...nodes.map((node) => node.innerText),
    ...labels.map((node) => node.getAttribute('aria-label')),
  ].join('\n')
}

export async function untilShown(chat: BuddyChat, text: string): Promise<void> {
  await until(`"${text}" in: ${visibleText(chat)}`, () => visibleText(chat).includes(text))
}

/**
 * Mounts two elements, Ana and Bob, and connects them in a call. Bob gets the attributes of Ana
 * too.
 */
export async function meet(
  one: Attributes = {},
  other: Attributes = {},
): Promise<[BuddyChat, BuddyChat]> {
  const lobby = newLobby()
  const pair = await Promise.all([
    mount({ lobby, name: 'Ana', ...one }),
    mount({ lobby, name: 'Bob', ...one, ...other }),
  ])
  await Promise.all(pair.map((chat) => chat.start()))
  await Promise.all(pair.map((chat) => untilState(chat, 'connected')))
  return [pair[0], pair[1]]
}

/** A client that sends only what the test sends. It has no camera and answers no offer. */
export class Partner {
  readonly #socket: WebSocket
  readonly #received: Message[] = []

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => {
      const message = decode(new Uint8Array(data as ArrayBuffer))
      if (message) this.#received.push(message)
    })
    partners.push(this)
  }

  /** Creates a client that waits in the queue of `lobby` under this name. */
  static async waiting(lobby: string, name: string): Promise<Partner> {
    const url = `${window.servers.open.replace('http', 'ws')}/ws`
    const socket = new WebSocket(url, subprotocol)
    const partner = new Partner(socket)
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
    partner.send({ type: 'hello', name, site: '', client: 'tests', token: null, resume: null })
    partner.send({
      type: 'ticket',
      mode: 'video',
      lobby,
      interests: [],
      languages: [],
      offer: null,
    })
    await partner.receive('waiting')
    return partner
  }

  send(message: Message): void {
    this.#socket.send(encode(message))
  }

  /** Takes the oldest unread message of this type, or waits for the next. */
  async receive<T extends MessageType>(type: T): Promise<MessageOf<T>> {
    const find = (): number => this.#received.findIndex((message) => message.type === type)
    await until(`the message ${type}`, () => find() >= 0)
    return this.#received.splice(find(), 1)[0] as MessageOf<T>
  }

  close(): void {
    this.#socket.close(1000)
  }
}

/**
 * Fails if axe finds an accessibility fault in the element as it is now, in the light or the dark
 * color scheme.
 */
export async function expectAccessible(chat: BuddyChat): Promise<void> {
  expect(visibleText(chat), 'no placeholder is left').not.to.match(/[{}]/)
  for (const scheme of ['light', 'dark']) {
    chat.style.colorScheme = scheme
    // Finishes transitions of colors, because axe would otherwise check intermediate colors.
    for (const animation of chat.renderRoot.querySelectorAll('*')) {
      for (const running of animation.getAnimations()) {
        if (running instanceof CSSTransition) running.finish()
      }
    }
    const { violations } = await window.axe.run(chat, {
      // These rules are about whole pages.
      rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
    })
    const faults = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${scheme} ${id}: ${html} ${failureSummary ?? ''}`),
    )
    expect(faults).to.deep.equal([])
  }
  chat.style.colorScheme = ''
}

const sizes = [
  [280, 440],
  [300, 480],
  [320, 480],
  [390, 700],
  [480, 360],
  [800, 600],
  [1280, 800],
] as const

/**
 * Resizes the element to several usual sizes. Fails if a control extends beyond the element, or if
 * the element scrolls sideways.
 */
export async function expectToFit(chat: BuddyChat): Promise<void> {
  for (const [width, height] of sizes) {
    resize(chat, width, height)
    await new Promise((resolve) => requestAnimationFrame(resolve))
    const frame = chat.getBoundingClientRect()
    const controls = chat.renderRoot.querySelectorAll<HTMLElement>('button, input, textarea')
    const faults = [...controls]
      .filter((node) => node.checkVisibility({ visibilityProperty: true }))
      .filter((node) => {
        const { left, right, top, bottom } = node.getBoundingClientRect()
        return (
          left < frame.left - 0.5 ||
          right > frame.right + 0.5 ||
          top < frame.top - 0.5 ||
          bottom > frame.bottom + 0.5
        )
      })
      .map((node) => node.getAttribute('part'))
    expect([width, height, faults]).to.deep.equal([width, height, []])
    expect(chat.scrollWidth, `${width} wide`).to.be.at.most(width)
  }
  resize(chat, 800, 600)
}

export { BuddyChat }
