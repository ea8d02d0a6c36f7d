/** Tells the load generator the port, and what the process has used whenever it asks. */
export function report(port) {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const rssMb = Math.round(process.memoryUsage.rss() / 1e6)
    process.send({ cpuMicroseconds: user + system, rssMb })
  })
  process.send({ port })
}
