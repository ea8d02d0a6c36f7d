// Takes the README's screenshots of the dashboard, from three servers with simulated users, which share a Redis.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { launch } from 'puppeteer-core'
import { connect, startCrowd } from './crowd.mjs'

const adminToken = 'the-token-of-the-screenshots-0123456789abcdef'
/** How long the crowd runs before the screenshots are taken. */
const seconds = 150

const nodeCount = 3

const site = (key, maxUsers) => ({ key, maxUsers, allowedOrigins: [`https://${key}.example`] })
const sites = [
  site('language-exchange', 160),
  site('study-hall', 64),
  site('night-owls', 40),
  { ...site('chess-club', 250), secret: 'a secret of the chess club and this server' },
]

const crowd = [
  { key: '', origin: 'https://buddy.example', users: 90 },
  {
    key: 'language-exchange',
    origin: 'https://language-exchange.example',
    users: 124,
    lobbies: 4,
  },
  { key: 'study-hall', origin: 'https://study-hall.example', users: 47, lobbies: 2 },
  { key: 'night-owls', origin: 'https://night-owls.example', users: 35.8 },
]

/** Clients that the server refuses, and how many of each kind connect in a second. */
const refusedClients = [
  { perSecond: 0.3, origin: 'https://copied-the-tag.example' },
  { perSecond: 0.15, origin: 'https://chess-club.example', site: 'chess-club' },
  { perSecond: 0.06, origin: 'https://buddy.example', site: 'stduy-hall' },
  { perSecond: 0.03, origin: 'https://buddy.example', protocol: 'buddy.v0' },
]

/** Starts Redis on a free port, without files. */
async function startRedis() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const port = String(probe.address().port)
  probe.close()
  await once(probe, 'close')
  const flags = ['--port', port, '--bind', '127.0.0.1', '--save', '']
  const child = spawn('redis-server', flags, { stdio: 'ignore' })
  await once(child, 'spawn')
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill() }
}

/** Writes dashboard.png and dashboard-phone.png to `images`. Needs redis-server. */
export async function takeDashboardScreenshots({ createBuddyServer, chromium, args, images }) {
  const redis = await startRedis()
  const servers = Array.from({ length: nodeCount }, (_, index) =>
    createBuddyServer({
      nodeName: `chat-${index + 1}`,
      port: 0,
      host: '127.0.0.1',
      adminToken,
      redisUrl: redis.url,
      secretKey: 'the-secret-of-the-screenshots-0123456789abcdef',
      sites,
      iceServers: [],
      allowedOrigins: ['https://buddy.example'],
      maxUsers: 150,
      maxRooms: 200,
      maxConnectionsPerAddress: 1000,
      maxSessionsPerAddress: 1000,
      maxConnectsPerAddress: 100_000,
      resumeGraceMs: 8000,
      shutdownTimeoutMs: 0,
    }),
  )
  const urls = []
  for (const server of servers) urls.push((await server.listen()).url)
  const [url] = urls
  const part = crowd.map((each) => ({ ...each, users: each.users / nodeCount }))
  const leave = urls.map((each) => startCrowd(each, part, seconds * 400))
  const timers = refusedClients.map(({ perSecond, ...options }) =>
    setInterval(() => void connect(url, options).catch(() => undefined), 1000 / perSecond),
  )
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const browser = await launch({ executablePath: chromium, args })
  try {
    const page = await browser.newPage()
    await page.authenticate({ username: 'operator', password: adminToken })
    await page.setViewport({ width: 1280, height: 800 })
    // Without transitions, bars have their final length at once.
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
    await page.goto(`${url}/dashboard`)
    await page.waitForFunction(() => document.body.dataset.connection === 'live')
    await page.screenshot({ path: join(images, 'dashboard.png'), fullPage: true })
    await page.setViewport({ width: 390, height: 720 })
    await page.waitForFunction(() => document.querySelector('canvas').clientWidth < 390)
    await page.screenshot({ path: join(images, 'dashboard-phone.png') })
  } finally {
    await browser.close()
    for (const timer of timers) clearInterval(timer)
    await Promise.all(leave.map((end) => end()))
    await Promise.all(servers.map((server) => server.close()))
    redis.stop()
  }
}
