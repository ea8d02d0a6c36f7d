// npm run simulate -- [--seed N] [--users N] [--present N] [--steps N] [--rooms N] [--trace FILE] [--record FILE]
//   [--svg FILE]
// Simulates visitors, to see how long each kind of ticket waits and whether every match keeps the rules.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/simulate/simulate.ts')
