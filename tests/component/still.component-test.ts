// The still of the partner's picture that a visitor may attach to a report: taken by the client from a real video.
import { expect } from 'chai'
import type { BuddyChat } from './stage.ts'
import { clear, meet, part, press, until, untilShown } from './stage.ts'

const { getUserMedia } = navigator.mediaDevices

teardown(async () => {
  navigator.mediaDevices.getUserMedia = getUserMedia
  await clear()
})

/** Makes the next camera a drawn one, with another noise in each picture. Noise compresses badly. */
function drawCamera(width: number, height: number): void {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  const image = context.createImageData(width, height)
  const draw = (): void => {
    for (let at = 0; at < image.data.length; at += 4) {
      const noise = Math.random() * 256
      image.data.set([noise, 255 - noise, Math.random() * 256, 255], at)
    }
    context.putImageData(image, 0, 0)
  }
  draw()
  navigator.mediaDevices.getUserMedia = async () => {
    navigator.mediaDevices.getUserMedia = getUserMedia
    const timer = setInterval(draw, 100)
    const stream = canvas.captureStream()
    const sound = await navigator.mediaDevices.getUserMedia({ audio: true })
    for (const track of sound.getAudioTracks()) stream.addTrack(track)
    stream.getVideoTracks()[0]!.addEventListener('ended', () => clearInterval(timer))
    return stream
  }
}

/** Decodes a still. Fails if it is no JPEG that fits into a report. */
async function decodeStill(still: string | undefined): Promise<HTMLImageElement> {
  expect(atob(still!).length).to.be.within(200, 30_000)
  const image = new Image()
  image.src = `data:image/jpeg;base64,${still}`
  await image.decode()
  return image
}

const untilPicture = (chat: BuddyChat, width = 1): Promise<unknown> =>
  until(
    'the picture',
    () => (part<HTMLVideoElement>(chat, 'remote-video')?.videoWidth ?? 0) >= width,
  )

test('is a JPEG of at most 480 pixels that fits into a report, also of a picture that compresses badly', async () => {
  drawCamera(960, 540)
  const [, bob] = await meet({}, { novideo: '' })
  await untilPicture(bob)
  const { videoWidth, videoHeight } = part<HTMLVideoElement>(bob, 'remote-video')!
  const { naturalWidth, naturalHeight } = await decodeStill(await bob.client.captureStill())
  expect(Math.max(naturalWidth, naturalHeight)).to.be.at.most(480)
  expect(naturalWidth / naturalHeight).to.be.closeTo(videoWidth / videoHeight, 0.02)
})

test('of a coarse picture is as small as the picture that arrives', async () => {
  const [, bob] = await meet({ reveal: 'mutual' }, { reveal: 'mutual', novideo: '' })
  await untilPicture(bob)
  const { naturalWidth, naturalHeight } = await decodeStill(await bob.client.captureStill())
  expect([naturalWidth <= 40, naturalHeight <= 40]).to.deep.equal([true, true])
})

test('of a partner without a camera does not exist', async () => {
  const [, bob] = await meet({ novideo: '' }, { novideo: '' })
  expect(await bob.client.captureStill()).to.equal(undefined)
})

test('of a video without pictures is not taken, and the sheet says so', async () => {
  const [, bob] = await meet({}, { novideo: '' })
  await untilPicture(bob)
  await press(bob, 'report-button')
  bob.remoteStream!.getVideoTracks()[0]!.stop()
  part<HTMLInputElement>(bob, 'attach-still')!.click()
  await untilShown(bob, 'No still could be taken of their video.')
  expect(part<HTMLInputElement>(bob, 'attach-still')!.checked).to.equal(false)
})
