// npm run soak -- --minutes N [--users N] [--seed S]: simulated users visit a server for N minutes;
// fails if the server's memory grows.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/soak/soak.ts')
