// Serves this folder at an origin of its own, like the site of a customer.
//   node examples/script-tag/serve.mjs        http://localhost:8080, with Buddy at localhost:3000
// PORT sets another port, BUDDY_SERVER another server.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { PORT = '8080', BUDDY_SERVER = 'http://localhost:3000' } = process.env
const types = { 'index.html': 'text/html; charset=utf-8', 'style.css': 'text/css; charset=utf-8' }

const server = createServer((request, response) => {
  const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1)
  if (!Object.hasOwn(types, name)) return response.writeHead(404).end()
  const file = readFileSync(new URL(name, import.meta.url), 'utf8')
  return response
    .writeHead(200, { 'Content-Type': types[name] })
    .end(file.replaceAll('http://localhost:3000', BUDDY_SERVER))
})
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`)
})
