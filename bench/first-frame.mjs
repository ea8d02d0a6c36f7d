// npm run bench:first-frame -- [--calls N] [--delay MS]
// Measures the time from the match, and from Next, to the partner's first decoded frame, side by side with a
// bare pair of peer connections and with the same client without prepared calls. Everything runs in one page
// of one browser. A signal takes `--delay` from client to client.
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { launch } from 'puppeteer-core'
import { createBuddyServer } from '@buddy-chat/server'
import { ensureBrowsers } from '../scripts/browsers.mjs'
import { numberFlag, runCommand } from '../tests/load/flags.ts'

/** The time limit of one call, with the pause before it. Long enough for a busy machine. */
const callLimitMs = 30_000

function readOptions() {
  const { values } = parseArgs({
    options: { calls: { type: 'string' }, delay: { type: 'string', multiple: true } },
  })
  const delay = (given) => numberFlag('delay', given, { fallback: 0, min: 0, max: 10_000 })
  return {
    calls: numberFlag('calls', values.calls, { fallback: 30, min: 1, max: 1000 }),
    delaysMs: (values.delay ?? ['0', '50', '150']).map(delay),
  }
}

/** Runs in the page. Defines the measurements, which use the page's clock. */
function prepare(serverUrl) {
  const chat = document.createElement('buddy-chat')
  const { constructor: Client } = chat.client
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

  /** Resolves with the time at which a video element shows the first frame of `stream`. */
  const firstFrame = (stream) => {
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true })
    video.srcObject = stream
    document.body.append(video)
    return new Promise((resolve) => {
      video.requestVideoFrameCallback((now) => {
        video.remove()
        resolve(now)
      })
    })
  }

  /** Returns a WebSocket class that delays frames by half of `delayMs` in each direction, in order. */
  const slowSocket = (delayMs) =>
    class extends WebSocket {
      send(data) {
        setTimeout(() => super.send(data), delayMs / 2)
      }
      addEventListener(type, listener, options) {
        const delayed = (event) => setTimeout(() => listener(event), delayMs / 2)
        super.addEventListener(type, type === 'message' ? delayed : listener, options)
      }
    }

  const createClient = (environment, delayMs, preparesCalls, name, lobby) => {
    const Socket = slowSocket(delayMs)
    const own = { ...environment, preparesCalls }
    own.createSocket = (url, protocol) => new Socket(url, protocol)
    return new Client({ server: serverUrl, name, lobby }, own)
  }

  /** Resolves with the next `event` of the client. Rejects if it emits `error` first. */
  const once = (client, event) =>
    new Promise((resolve, reject) => {
      const finish = (act, value) => {
        end()
        endErrors()
        act(value)
      }
      const end = client.on(event, (detail) => {
        if (event === 'remote-stream' && !detail) return
        finish(resolve, detail)
      })
      const endErrors = client.on('error', (error) => finish(reject, error))
    })

  /** Measures two clients in this page, of which the first one calls next(). */
  window.measureBuddy = async ({ environment, delayMs, preparesCalls, rounds }) => {
    const lobby = `${Math.random()}`
    const [ana, bob] = ['Ana', 'Bob'].map((name) =>
      createClient(environment, delayMs, preparesCalls, name, lobby),
    )
    const results = { match: [], next: [] }
    const call = async (begin) => {
      const matched = [ana, bob].map((client) =>
        once(client, 'match').then(() => performance.now()),
      )
      const frames = [ana, bob].map((client) => once(client, 'remote-stream').then(firstFrame))
      const startedAt = performance.now()
      await begin()
      const [matchedAt, shownAt] = [await Promise.all(matched), await Promise.all(frames)]
      const from = Math.min(...matchedAt)
      return { match: Math.max(...shownAt) - from, next: Math.max(...shownAt) - startedAt }
    }
    await ana.start()
    await call(() => bob.start())
    for (let round = 0; round < rounds; round++) {
      // Wait until the client has prepared the next call, which it does shortly after a call has started.
      await wait(2200)
      const { match, next } = await call(() => ana.next())
      results.match.push(match)
      results.next.push(next)
    }
    ana.stop()
    bob.stop()
    return results
  }

  /**
   * Measures two bare peer connections. Descriptions and candidates take `delayMs` from one to the
   * other.
   */
  window.measureBare = async ({ delayMs, rounds, constraints }) => {
    const streams = await Promise.all(
      [0, 1].map(() => navigator.mediaDevices.getUserMedia(constraints)),
    )
    const results = { match: [] }
    for (let round = 0; round < rounds; round++) {
      const startedAt = performance.now()
      const pair = [0, 1].map(() => new RTCPeerConnection({ bundlePolicy: 'max-bundle' }))
      const other = (index) => pair[1 - index]
      const frames = pair.map(
        (connection, index) =>
          new Promise((resolve) => {
            for (const track of streams[index].getTracks())
              connection.addTrack(track, streams[index])
            connection.addEventListener('icecandidate', async ({ candidate }) => {
              await wait(delayMs)
              if (candidate) await other(index).addIceCandidate(candidate)
            })
            connection.addEventListener('track', ({ track, streams: [stream] }) => {
              if (track.kind === 'video') resolve(firstFrame(stream))
            })
          }),
      )
      await pair[0].setLocalDescription()
      await wait(delayMs)
      await pair[1].setRemoteDescription(pair[0].localDescription)
      await pair[1].setLocalDescription()
      await wait(delayMs)
      await pair[0].setRemoteDescription(pair[1].localDescription)
      results.match.push(Math.max(...(await Promise.all(frames))) - startedAt)
      for (const connection of pair) connection.close()
    }
    for (const track of streams.flatMap((stream) => stream.getTracks())) track.stop()
    return results
  }
}

const percentile = (values, share) => {
  const sorted = values.toSorted((one, other) => one - other)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
}

async function main() {
  const { calls, delaysMs } = readOptions()
  const { chromium } = ensureBrowsers()
  if (!chromium) throw new Error('no Chromium found')
  const server = createBuddyServer({
    port: 0,
    iceServers: [],
    rematchDelayMs: 0,
    shutdownTimeoutMs: 0,
  })
  const { url } = await server.listen()
  const page = createServer((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end(`<!doctype html><script src="${url}/buddy-chat.js"></script>`)
  }).listen(0, '127.0.0.1')
  const browser = await launch({
    executablePath: chromium,
    headless: true,
    // Fail the measurement if a call does not start.
    protocolTimeout: (calls + 1) * callLimitMs,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-fake-device-for-media-stream=fps=30',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
    ],
  })
  try {
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${page.address().port}/`)
    await tab.evaluate(prepare, url)
    console.log(`median (p90) in ms over ${calls} calls, one after the other, in one page\n`)
    console.log('| signal delay | what | match → frame | against bare | Next → frame |')
    console.log('| --- | --- | ---: | ---: | ---: |')
    for (const delayMs of delaysMs) {
      let floor
      for (const what of ['bare pair', 'Buddy', 'Buddy, nothing prepared']) {
        const { match, next } = await tab.evaluate(measure, what, delayMs, calls)
        const median = percentile(match, 0.5)
        floor ??= median
        const figures = (values) =>
          values ? `${percentile(values, 0.5)} (${percentile(values, 0.9)})` : ''
        console.log(
          `| ${delayMs} ms | ${what} | ${figures(match)} | ${(median / floor).toFixed(2)}× | ${figures(next)} |`,
        )
      }
    }
  } finally {
    await browser.close()
    page.close()
    await server.close()
  }
  return true
}

/** Runs in the page. */
function measure(what, delayMs, rounds) {
  if (what === 'bare pair') {
    const constraints = { video: { width: { ideal: 1280 }, height: { ideal: 720 } }, audio: true }
    return window.measureBare({ delayMs, rounds, constraints })
  }
  const environment = {
    clock: {
      now: () => performance.now(),
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      },
    },
    random: Math.random,
    probeServer: async () => 'buddy',
    watchPolicy: () => () => undefined,
    isHidden: () => false,
    warn: (message) => console.warn(message),
    createConnection: (configuration) => new RTCPeerConnection(configuration),
    watch: () => () => undefined,
    hasWebRtc: () => true,
    baseUrl: () => location.href,
    media: () => ({
      isSecureContext,
      mediaDevices: navigator.mediaDevices,
      allowsFeature: () => undefined,
      permission: async () => undefined,
      canChooseSpeaker: false,
    }),
  }
  return window.measureBuddy({ environment, delayMs, preparesCalls: what === 'Buddy', rounds })
}

await runCommand(main)
process.exit()
