// npm run attack -- [--attack NAME] [--seconds N] [--seed S] [--server CHECKOUT]: attacks on one server,
// and what they cost its neighbours.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/attack/attack.ts')
