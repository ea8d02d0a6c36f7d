// node write-code-cache.cjs <assets> <file> <arguments of the server>: runs the bundled server, and writes V8's
// code cache when the process ends, so that it contains the functions that a start needs.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')

const [, , assets, file, ...args] = process.argv
process.argv = [process.execPath, process.execPath, ...args]
const source = readFileSync(join(assets, 'bundle.cjs'), 'utf8')
const script = new Script(source, { filename: 'buddy-server.cjs' })
process.on('exit', () => writeFileSync(file, script.createCachedData()))
void script
  .runInThisContext()(require, pathToFileURL(process.execPath).href)
  .main((name) => (existsSync(join(assets, name)) ? readFileSync(join(assets, name)) : undefined))
