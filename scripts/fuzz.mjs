// npm run fuzz -- --frames N [--seed S] [--replay FILE]
// Sends mutated conversations to a server.
//
// npm run fuzz -- --codec [--cases N] [--seed S]
// Compares the codec of the protocol with msgpackr.
import { runTypeScript } from './run-typescript.mjs'

const args = process.argv.slice(2)
if (args.includes('--codec')) {
  runTypeScript(
    'tests/fuzz/codec.ts',
    args.filter((arg) => arg !== '--codec'),
  )
} else runTypeScript('tests/fuzz/fuzz.ts')
