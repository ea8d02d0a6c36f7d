// npm run attack -- [--attack NAME] [--seconds N] [--seed S] [--server CHECKOUT]
// Attacks a server and measures how long the messages of other clients take meanwhile.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/attack/attack.ts')
