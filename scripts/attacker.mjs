// npm run attacker -- [--sessions N] [--seed N] [--servers N]
// Sessions of lying clients, which must not meet anybody whom they must not meet.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/attacker/attacker.ts')
