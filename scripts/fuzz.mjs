// npm run fuzz -- --frames N [--seed S] [--replay FILE]: mutated conversations against a server.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/fuzz/fuzz.ts')
