// npm run record -- --version X
// Records conversations of client and server, with which later versions are tested.
import { runTypeScript } from './run-typescript.mjs'

runTypeScript('tests/compatibility/record.ts')
