import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const folder = join(import.meta.dirname, '../../examples')
function usesVite(name) {
  const manifest = join(folder, name, 'package.json')
  return (
    existsSync(manifest) &&
    JSON.parse(readFileSync(manifest, 'utf8')).devDependencies?.vite !== undefined
  )
}

const examples = readdirSync(folder).filter(usesVite)

const usage = `Usage: npm run dev -- [options]

  --port <port>          port of the demo page and the dashboard (default: PORT, or 3000)
  --example <name>       example app: ${examples.join(', ')} or none (default: headless)
  --example-port <port>  port of the example app (default: 5173)

Environment variables such as MAX_CONCURRENT_USERS are settings of the server.`

function toPort(flag, text) {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`${flag} must be a port from 0 to 65535, not "${text}".`)
  return port
}

/**
 * Reads the flags of `npm run dev`.
 * @returns the ports, and the folder of the example app, which is undefined for `--example none`; undefined instead
 * of all if `--help` was given, which has been answered
 * @throws Error if a flag is unknown or has a wrong value
 */
export function readOptions(args, environment) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: environment.PORT || '3000' },
      example: { type: 'string', default: 'headless' },
      'example-port': { type: 'string', default: '5173' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return undefined
  }
  const { example } = values
  if (example !== 'none' && !examples.includes(example)) {
    throw new Error(`There is no example "${example}". The examples are ${examples.join(', ')}.`)
  }
  return {
    port: toPort('--port', values.port),
    examplePort: toPort('--example-port', values['example-port']),
    exampleFolder: example === 'none' ? undefined : join(folder, example),
  }
}
