import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const preloaded = join(import.meta.dirname, 'import-sources.mjs')
const entry = join(root, 'packages/buddy-server/src/cli.ts')

/**
 * Runs the server from its sources, in a process of its own. A restart starts the new process before it ends the
 * old one. So each process has another port, and if the new one does not start, the old one stays.
 */
export class ServerProcess {
  #environment
  #onListening
  /** The process that serves, and during a restart also the next one. */
  #children = new Set()
  /** The latest restart. Restarts run one after the other. */
  #restart = Promise.resolve()
  #isStopped = false

  /**
   * @param environment the environment variables of the server
   * @param onListening called with the URL of each new process, as soon as it listens
   */
  constructor(environment, onListening) {
    this.#environment = environment
    this.#onListening = onListening
  }

  /**
   * Replaces the process by a new one.
   * @returns whether the new process listens; if not, it has printed the reason
   */
  restart() {
    this.#restart = this.#restart.then(() => this.#replace())
    return this.#restart
  }

  /** Ends the process. Resolves when it has ended. */
  async stop() {
    this.#isStopped = true
    await Promise.all([...this.#children].map((child) => end(child, 'SIGTERM')))
  }

  async #replace() {
    if (this.#isStopped) return false
    const previous = [...this.#children]
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', preloaded, entry],
      { env: this.#environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    )
    this.#children.add(child)
    const ended = once(child, 'exit').then(() => {
      this.#children.delete(child)
    })
    const listening = await Promise.race([once(child, 'message'), ended])
    if (!listening) return false
    this.#onListening(listening[0].url)
    // The old process is killed, so that its clients reconnect at once. A process that stops by itself would ask
    // them to wait for a few seconds.
    await Promise.all(previous.map((old) => end(old, 'SIGKILL')))
    return true
  }
}

/** Ends a process. Resolves when it has ended. */
async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
