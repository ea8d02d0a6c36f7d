// npm run soak -- --minutes N [--people N] [--seed S]: people come and go; is the server's memory flat?
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/soak/soak.ts')
