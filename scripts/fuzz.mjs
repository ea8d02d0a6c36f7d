// npm run fuzz -- --frames N [--seed S] [--replay FILE]
// Sends mutated conversations to a server.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/fuzz/fuzz.ts')
