// node scripts/dev.mjs screenshots: recreates the README's screenshots from a real call between two
// browsers, and from the pages for operators of a busy server. Only the camera input is drawn.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch } from 'puppeteer-core'
import { ensureBrowsers } from './browsers.mjs'
import { build } from './build.mjs'
import { takeDashboardScreenshots } from './dashboard-screenshots.mjs'
import { takeModerationScreenshots } from './moderation-screenshots.mjs'

const images = join(import.meta.dirname, '../docs/images')
const scratch = mkdtempSync(join(tmpdir(), 'buddy-screenshots-'))
const size = { width: 640, height: 480 }

const faces = {
  Ana: { wall: ['#f2c6a0', '#c97b63'], skin: '#8d5a3c', hair: '#22150f', shirt: '#2f5d62' },
  Bob: { wall: ['#a9c7d8', '#4d6f8f'], skin: '#f0c39e', hair: '#b5652b', shirt: '#e0a93a' },
}

/** Runs in a page: draws twenty frames of a nodding face. Returns each as base64 of its RGBA pixels. */
function draw({ width, height }, { wall, skin, hair, shirt }) {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  const oval = (color, x, y, radiusX, radiusY) => {
    context.fillStyle = color
    context.beginPath()
    context.ellipse(x, y, radiusX, radiusY, 0, 0, 2 * Math.PI)
    context.fill()
  }
  return Array.from({ length: 20 }, (_, index) => {
    const nod = Math.sin((index / 20) * 2 * Math.PI) * 5
    const background = context.createLinearGradient(0, 0, width, height)
    background.addColorStop(0, wall[0])
    background.addColorStop(1, wall[1])
    context.fillStyle = background
    context.fillRect(0, 0, width, height)
    context.fillStyle = '#ffffff55'
    context.fillRect(60, 50, 130, 170)
    // Scale the figure down, as at a distance from the camera.
    context.setTransform(0.78, 0, 0, 0.78, width * 0.11, height * 0.22)
    oval(shirt, width / 2, height + 60, 210, 190)
    oval(skin, width / 2, 340 + nod / 2, 46, 80)
    oval(hair, width / 2, 195 + nod, 122, 142)
    oval(skin, width / 2, 232 + nod, 96, 122)
    for (const side of [-1, 1]) {
      oval('#fff', width / 2 + side * 38, 222 + nod, 15, 10)
      oval('#1d1a22', width / 2 + side * 38, 222 + nod, 7, 8)
    }
    context.strokeStyle = '#7c2f35'
    context.lineWidth = 7
    context.lineCap = 'round'
    context.beginPath()
    context.arc(width / 2, 268 + nod, 40, 0.2 * Math.PI, 0.8 * Math.PI)
    context.stroke()
    context.resetTransform()
    const { data } = context.getImageData(0, 0, width, height)
    let binary = ''
    for (let at = 0; at < data.length; at += 4096) {
      binary += String.fromCharCode(...data.subarray(at, at + 4096))
    }
    return btoa(binary)
  })
}

/** Converts RGBA frames to YUV4MPEG2 (4:2:0, BT.601), which Chromium accepts as camera input. */
function toY4m(frames) {
  const { width, height } = size
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`)]
  for (const frame of frames) {
    const rgba = Buffer.from(frame, 'base64')
    const luma = Buffer.alloc(width * height)
    const blue = Buffer.alloc((width * height) / 4)
    const red = Buffer.alloc((width * height) / 4)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [r, g, b] = rgba.subarray((y * width + x) * 4)
        luma[y * width + x] = 0.299 * r + 0.587 * g + 0.114 * b
        if (x % 2 || y % 2) continue
        const at = (y / 2) * (width / 2) + x / 2
        blue[at] = 128 - 0.169 * r - 0.331 * g + 0.5 * b
        red[at] = 128 + 0.5 * r - 0.419 * g - 0.081 * b
      }
    }
    parts.push(Buffer.from('FRAME\n'), luma, blue, red)
  }
  return Buffer.concat(parts)
}

build()
const { chromium } = ensureBrowsers()
const { createBuddyServer } = await import('../packages/buddy-server/dist/index.js')
const server = createBuddyServer({ port: 0, iceServers: [] })
const { url } = await server.listen()
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** Writes the camera input for `name` to a file, and returns its path. */
async function createCameraFile(name) {
  const browser = await launch({ executablePath: chromium, args: sandbox })
  const page = await browser.newPage()
  const file = join(scratch, `${name}.y4m`)
  writeFileSync(file, toY4m(await page.evaluate(draw, size, faces[name])))
  await browser.close()
  return file
}

async function visit(name) {
  const browser = await launch({
    executablePath: chromium,
    args: [
      ...sandbox,
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${await createCameraFile(name)}`,
      '--disable-features=WebRtcHideLocalIpsWithMdns',
    ],
    defaultViewport: { width: 1200, height: 720 },
  })
  const page = await browser.newPage()
  await page.goto(`${url}/?name=${name}&interests=jazz,chess`)
  return { browser, page }
}

const waitForState = (page, wanted) =>
  page.waitForFunction((value) => document.querySelector('buddy-chat').state === value, {}, wanted)

try {
  mkdirSync(images, { recursive: true })
  const [ana, bob] = [await visit('Ana'), await visit('Bob')]
  for (const { page } of [ana, bob]) await page.click('buddy-chat >>> [part~="start-button"]')
  await Promise.all([waitForState(ana.page, 'connected'), waitForState(bob.page, 'connected')])
  const send = ({ page }, text) => page.$eval('buddy-chat', (chat, value) => chat.send(value), text)
  await send(ana, 'Hi! Where are you calling from?')
  await send(bob, 'Lisbon. And is that a chess board behind you?')
  await send(ana, 'It would be, if my cat had not just cleared it.')
  await bob.page.$eval('buddy-chat', (chat) => chat.client.notifyTyping())
  // Wait until the remote video has its full resolution and the message panel is laid out.
  await ana.page.waitForFunction(
    () => {
      const { shadowRoot } = document.querySelector('buddy-chat')
      const video = shadowRoot.querySelector('[part~="remote-video"]')
      return video.videoWidth >= 640 && video.currentTime > 2
    },
    { timeout: 60_000 },
  )
  await ana.page.screenshot({ path: join(images, 'call.png') })
  // The report sheet, with a reason and a note, and without a still.
  await ana.page.click('buddy-chat >>> [part~="report-button"]')
  await ana.page.click('buddy-chat >>> [part~="report-harassment"]')
  await ana.page.type('buddy-chat >>> [part~="report-note"]', 'Keeps asking for my address.')
  await ana.page.screenshot({ path: join(images, 'report.png') })
  await ana.page.click('buddy-chat >>> [part~="cancel-report-button"]')
  await ana.page.setViewport({ width: 390, height: 720, deviceScaleFactor: 1 })
  await ana.page.waitForFunction(() => innerWidth === 390)
  // Wait for the end of all transitions.
  await ana.page.$eval('buddy-chat', ({ shadowRoot }) =>
    Promise.all(
      [...shadowRoot.querySelectorAll('*')]
        .flatMap((node) => node.getAnimations())
        .filter((animation) => animation instanceof CSSTransition)
        .map(({ finished }) => finished),
    ),
  )
  await ana.page.screenshot({ path: join(images, 'call-phone.png') })
  for (const { browser } of [ana, bob]) await browser.close()
} finally {
  await server.close()
  rmSync(scratch, { recursive: true })
}
const surroundings = { createBuddyServer, chromium, args: sandbox, images }
await takeModerationScreenshots(surroundings)
await takeDashboardScreenshots(surroundings)
