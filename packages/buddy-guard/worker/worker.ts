// The worker of the guard: receives pictures, and answers with the scores of nsfwjs.
import { load } from 'nsfwjs/core'
import { MobileNetV2Model } from 'nsfwjs/models/mobilenet_v2'
import type { NsfwClass, NsfwScores } from '../src/scores.ts'
import type { CheckRequest, WorkerMessage } from '../src/worker-messages.ts'
import { startBackend } from './backend.ts'

const send = (message: WorkerMessage): void => postMessage(message)

/** The side of the square picture that the model takes. */
const sidePx = 224

/** nsfwjs logs the name of its model to the console. */
console.info = () => undefined

async function loadModel(): Promise<(frame: ImageBitmap) => Promise<NsfwScores>> {
  await startBackend()
  const model = await load('MobileNetV2', { modelDefinitions: [MobileNetV2Model] })
  const canvas = new OffscreenCanvas(sidePx, sidePx)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('the browser has no canvas in workers')
  return async (frame) => {
    context.drawImage(frame, 0, 0, sidePx, sidePx)
    frame.close()
    const predictions = await model.classify(context.getImageData(0, 0, sidePx, sidePx))
    const scores = predictions.map(({ className, probability }) => [className, probability])
    return Object.fromEntries(scores) as Record<NsfwClass, number>
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

const loading = loadModel()
loading.then(
  () => send({ type: 'ready' }),
  (error: unknown) => send({ type: 'failed', message: messageOf(error) }),
)

addEventListener('message', ({ data: { id, frame } }: MessageEvent<CheckRequest>) => {
  loading
    .then((classify) => classify(frame))
    .then(
      (scores) => send({ type: 'scores', id, scores }),
      (error: unknown) => send({ type: 'unchecked', id, message: messageOf(error) }),
    )
})
