// Takes the README's screenshot of the moderation page, from a server whose users have reported each other.
// Their notes and pictures are made up.
import { once } from 'node:events'
import { join } from 'node:path'
import { launch } from 'puppeteer-core'
import { WebSocket } from 'ws'
import { decode, encode, subprotocol } from '../packages/buddy-protocol/dist/index.js'

const adminToken = 'the-token-of-the-screenshots-0123456789abcdef'

const sites = ['chess-club', 'language-exchange'].map((key) => ({
  key,
  allowedOrigins: [`https://${key}.example`],
}))

/** The reported people. Each report comes from another user. */
const people = [
  {
    site: 'chess-club',
    reports: [
      { reason: 'other', note: 'Please have a look. Looks very young to me.' },
      { reason: 'minor', note: 'Told me about homework for sixth grade.' },
      { reason: 'minor', hasStill: true },
    ],
  },
  {
    site: '',
    reports: [
      { reason: 'harassment', note: 'Went on shouting after I had said no.', hasStill: true },
      { reason: 'harassment' },
    ],
  },
  { site: 'language-exchange', reports: [{ reason: 'spam', note: 'The same link, five times.' }] },
]

/** A user over a real socket, with an address of its own. */
class User {
  static #count = 0
  #socket
  #received = []
  #onMessage = () => undefined

  constructor(url, site) {
    const origin = `https://${site || 'buddy'}.example`
    const headers = { 'X-Forwarded-For': `192.0.2.${++User.#count}` }
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, subprotocol, {
      origin,
      headers,
    })
    this.#socket.on('message', (data) => {
      this.#received.push(decode(new Uint8Array(data))?.type)
      this.#onMessage()
    })
    this.#socket.once('open', () => {
      this.send({ type: 'hello', name: 'User', site, client: 'crowd', token: null, resume: null })
    })
  }

  send(message) {
    this.#socket.send(encode(message))
  }

  search(lobby) {
    this.send({ type: 'ticket', mode: 'video', lobby, interests: [], languages: [], offer: null })
  }

  /** Resolves with the next message of this type that has not been waited for. */
  async receive(type) {
    while (!this.#received.includes(type)) await new Promise((done) => (this.#onMessage = done))
    this.#received.splice(0, this.#received.indexOf(type) + 1)
  }

  async leave() {
    this.#socket.close(1000)
    await once(this.#socket, 'close')
  }
}

/** Matches two users. No other user waits in the lobby. */
async function meet(one, other) {
  for (const user of [one, other]) user.search('evening')
  await Promise.all([one.receive('matched'), other.receive('matched')])
}

async function connect(url, site) {
  const user = new User(url, site)
  await user.receive('welcome')
  return user
}

/** Runs in a page: draws a harmless picture. Returns it as a JPEG in base64. */
function drawStill() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 })
  const context = canvas.getContext('2d')
  const oval = (color, x, y, radiusX, radiusY) => {
    context.fillStyle = color
    context.beginPath()
    context.ellipse(x, y, radiusX, radiusY, 0, 0, 2 * Math.PI)
    context.fill()
  }
  context.fillStyle = '#7fa3b8'
  context.fillRect(0, 0, 320, 240)
  oval('#2f5d62', 160, 270, 110, 90)
  oval('#22150f', 160, 100, 60, 70)
  oval('#b98560', 160, 120, 48, 60)
  return canvas.toDataURL('image/jpeg', 0.6).split(',')[1]
}

/** Reports a person by several users. Resolves with the person, who stays connected. */
async function reportPerson(url, { site, reports }, still) {
  const person = await connect(url, site)
  for (const { hasStill, ...report } of reports) {
    const [reporter, friend] = [await connect(url, site), await connect(url, site)]
    // A reporter who has met only the reported person would not count fully.
    await meet(reporter, friend)
    await friend.leave()
    await reporter.receive('partner-left')
    await meet(person, reporter)
    reporter.send({ type: 'report', room: null, ...report, ...(hasStill && { still }) })
    await reporter.leave()
    await person.receive('partner-left')
  }
  return person
}

/** Writes moderation.png to `images`. */
export async function takeModerationScreenshots({ createBuddyServer, chromium, args, images }) {
  const server = createBuddyServer({
    port: 0,
    host: '127.0.0.1',
    adminToken,
    sites,
    iceServers: [],
    allowedOrigins: ['https://buddy.example'],
    trustedProxyHops: 1,
    shutdownTimeoutMs: 0,
  })
  const { url } = await server.listen()
  const browser = await launch({ executablePath: chromium, args })
  try {
    const page = await browser.newPage()
    await page.authenticate({ username: 'kim', password: adminToken })
    await page.setViewport({ width: 1100, height: 1024 })
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
    const still = await page.evaluate(drawStill)
    const reported = []
    for (const person of people) reported.push(await reportPerson(url, person, still))
    await reported[1].leave()
    await page.goto(`${url}/moderation`)
    await page.waitForSelector('.person:nth-child(3)')
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.still img')].every(({ naturalWidth }) => naturalWidth > 0),
    )
    await page.click('.person .kinds .ban')
    await page.select('.person [name=duration]', '3')
    await page.type('.person textarea', 'This lobby is for adults.')
    await page.evaluate(() => {
      document.getElementById('not-persistent').hidden = true
      document.activeElement.blur()
      scrollTo(0, 0)
    })
    await page.screenshot({ path: join(images, 'moderation.png') })
  } finally {
    await browser.close()
    await server.close()
  }
}
