// npm run chaos -- [--minutes N] [--seed N] [--clients N] [--shards N] [--fault KIND] [--check FILE] Runs several
// servers on one Redis, or on one for each shard, kills, pauses and restarts them under load, and checks the history of
// what every client has received.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/chaos/chaos.ts')
