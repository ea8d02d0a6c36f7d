import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { LogOutput } from './output.ts'

/** A stand-in for a stream. Its buffered bytes stay until the test sets `writableLength`. */
class UnreadStream extends EventEmitter {
  readonly written: string[] = []
  writableLength = 0

  write(text: string): void {
    this.written.push(text)
    this.writableLength += text.length
  }
}

const createOutput = (): { readonly output: LogOutput; readonly stream: UnreadStream } => {
  const stream = new UnreadStream()
  return { stream, output: new LogOutput(stream, (dropped) => `${dropped} dropped`) }
}

test('writes lines in order', () => {
  const { output, stream } = createOutput()
  for (const line of ['one', 'two']) output.write(line)
  expect(stream.written).toEqual(['one', 'two'])
})

test('keeps a megabyte for a slow reader, then drops and counts further lines', () => {
  const { output, stream } = createOutput()
  const line = 'x'.repeat(100_000)
  for (let time = 1; time <= 20; time++) output.write(line)
  expect(stream.written).toHaveLength(11)
  stream.writableLength = 0
  for (const later of ['later', 'still later']) output.write(later)
  expect(stream.written.slice(11)).toEqual(['9 dropped', 'later', 'still later'])
})

test('writes nothing after an error of the stream, and does not throw', () => {
  const { output, stream } = createOutput()
  output.write('one')
  stream.emit('error', new Error('EPIPE'))
  output.write('two')
  stream.emit('error', new Error('EPIPE'))
  expect(stream.written).toEqual(['one'])
})
