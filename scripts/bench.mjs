// npm run bench -- [--scenario NAME] [--users N] [--seconds N] [--rounds N] [--against CHECKOUT]
// npm run bench -- --scenario matcher [--users N] [--seconds N] [--waiting N]
// npm run bench -- --scenario redis-matcher [--users N] [--seconds N] [--waiting N] [--nodes N] [--shards N]
// npm run bench -- --scenario relay --nodes N
// npm run bench -- --scenario users [--users N] [--nodes N]
// npm run bench:first-frame -- [--calls N] [--delay MS]
// npm run bench -- codec [--rounds N]
// npm run bench -- regions [--rounds N]
// npm run bench -- start [--starts N], after npm run build:binary
// Benchmarks. Tests run each of them briefly and do not assert its figures.
import { runTypeScript } from './run-typescript.mjs'

const [first, ...rest] = process.argv.slice(2)
if (first === 'first-frame') runTypeScript('bench/first-frame.mjs', rest)
else if (first === 'codec') runTypeScript('bench/codec.ts', rest)
else if (first === 'regions') runTypeScript('tests/load/region-bench.ts', rest)
else if (first === 'start') runTypeScript('bench/start.ts', rest)
else runTypeScript('bench/bench.ts')
