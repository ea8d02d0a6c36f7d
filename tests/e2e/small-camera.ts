// A camera for Chromium that costs little CPU time: Chromium's own fake camera has 1280 × 720 pixels, which software
// encoders of several browsers cannot encode in time on a small machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [width, height] = [640, 360]
const framesPerSecond = 10

/** Returns one frame in YUV 4:2:0: a bright cross, which moves with each frame. */
function frame(index: number): Buffer {
  const luma = Buffer.alloc(width * height, 60)
  const column = Math.floor((index * width) / framesPerSecond)
  const row = Math.floor((index * height) / framesPerSecond)
  for (let y = 0; y < height; y++) {
    if (y >= row && y < row + 20) luma.fill(220, y * width, (y + 1) * width)
    else luma.fill(220, y * width + column, y * width + column + 40)
  }
  return Buffer.concat([luma, Buffer.alloc(width * height / 4, 110), Buffer.alloc(width * height / 4, 150)])
}

let path: string | undefined

/** Returns a video file for the flag `--use-file-for-fake-video-capture`. It is deleted when the process ends. */
export function smallCameraFile(): string {
  if (path !== undefined) return path
  const folder = mkdtempSync(join(tmpdir(), 'buddy-camera-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  path = join(folder, 'camera.y4m')
  const frames = Array.from({ length: framesPerSecond }, (_, index) => [
    Buffer.from('FRAME\n'),
    frame(index),
  ])
  const header = `YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`
  writeFileSync(path, Buffer.concat([Buffer.from(header), ...frames.flat()]))
  return path
}
