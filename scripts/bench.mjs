// npm run bench -- [--scenario NAME] [--users N] [--seconds N] [--rounds N] [--against CHECKOUT]
// npm run bench:first-frame -- [--calls N] [--delay MS]
// Measurements side by side. Tests run each of them small, and look at no figure.
import { runTypeScript } from './run-typescript.mjs'

const [first, ...rest] = process.argv.slice(2)
if (first === 'first-frame') runTypeScript('bench/first-frame.mjs', rest)
else runTypeScript('bench/bench.ts')
