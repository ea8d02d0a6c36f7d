// npm run attacker -- [--sessions N] [--seed N] [--servers N] Runs clients that lie, and checks that they
// meet nobody whom they must not meet.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/attacker/attacker.ts')
