// A small npm registry on loopback, so that tests install the packed packages by name, as users do.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where `npm run pack` writes. */
const packedFolder = join(import.meta.dirname, '../../dist/npm')
/** The packages with binaries, of which only those of this platform are packed. */
const platformFolder = join(import.meta.dirname, '../../packages/platforms')

/** A running registry. */
export interface Registry {
  /** Without a slash at the end. Package managers read it from `npm_config_registry` or `.npmrc`. */
  readonly url: string
  /** Decoded paths of all requests so far, such as `/@buddy-chat/client` or `/lit/-/lit-3.3.3.tgz`. */
  readonly requests: readonly string[]
  /** Names of the packages that were published to it, such as `@buddy-chat/client@0.1.0`, in their order. */
  readonly published: readonly string[]
  /** Forgets a package. */
  remove(name: string): void
  /** Stops the registry. Resolves when its port is free. */
  close(): Promise<void>
}

interface PackedPackage {
  readonly manifest: Readonly<Record<string, unknown>> & {
    readonly name: string
    readonly version: string
  }
  readonly tarball: Buffer
  /** Path of the tarball in the registry. */
  readonly path: string
}

async function readPackage(file: string): Promise<PackedPackage> {
  const { stdout } = await run('tar', ['-xzOf', file, 'package/package.json'])
  const manifest = JSON.parse(stdout) as PackedPackage['manifest']
  const fileName = `${basename(manifest.name)}-${manifest.version}.tgz`
  return { manifest, tarball: await readFile(file), path: `/${manifest.name}/-/${fileName}` }
}

/**
 * The packages of other platforms than this one. They have no tarball, because no package manager downloads
 * it, but package managers read their manifests.
 */
async function readOtherPlatforms(packed: readonly PackedPackage[]): Promise<PackedPackage[]> {
  const folders = await readdir(platformFolder, { withFileTypes: true })
  const manifests = await Promise.all(
    folders
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => readFile(join(platformFolder, name, 'package.json'), 'utf8')),
  )
  return manifests
    .map((text) => JSON.parse(text) as PackedPackage['manifest'])
    .filter(({ name }) => !packed.some(({ manifest }) => manifest.name === name))
    .map((manifest) => ({ manifest, tarball: Buffer.alloc(0), path: `/${manifest.name}/-/none` }))
}

/** Reads a package from the body of a request with which npm publishes it. */
async function readPublished(request: IncomingMessage, path: string): Promise<PackedPackage> {
  const body = JSON.parse((await buffer(request)).toString()) as {
    readonly versions: Readonly<Record<string, PackedPackage['manifest']>>
    readonly _attachments: Readonly<Record<string, { readonly data: string }>>
  }
  const [manifest] = Object.values(body.versions)
  const [attachment] = Object.values(body._attachments)
  const tarball = Buffer.from(attachment!.data, 'base64')
  return { manifest: manifest!, tarball, path: `${path}/-/${manifest!.version}.tgz` }
}

/** What a registry answers for the name of a package that has one version. */
function packument({ manifest, tarball, path }: PackedPackage, url: string): string {
  const { name, version } = manifest
  // pnpm 11 and later refuse versions that are less than a day old.
  const publishedAt = '2020-01-01T00:00:00.000Z'
  const dist = {
    tarball: `${url}${path}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
  }
  return JSON.stringify({
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    time: { created: publishedAt, modified: publishedAt, [version]: publishedAt },
  })
}

/** The registry that npm uses on this machine, without a slash at the end. */
async function configuredRegistry(): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], {
    shell: process.platform === 'win32',
  })
  return stdout.trim().replace(/\/+$/, '')
}

/**
 * Passes a request on to the configured registry. URLs of tarballs in its answer lead to this registry, so
 * that `requests` has all of them.
 */
async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: string,
  url: string,
): Promise<void> {
  const { method = 'GET', headers } = request
  const passedHeaders = ['accept', 'content-type', 'content-encoding'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [[name, value] as [string, string]] : []
  })
  const answer = await fetch(`${upstream}${request.url}`, {
    method,
    headers: passedHeaders,
    ...(method !== 'GET' && method !== 'HEAD' && { body: await buffer(request) }),
  })
  const contentType = answer.headers.get('content-type') ?? 'application/octet-stream'
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, { 'content-type': contentType })
  response.end(contentType.includes('json') ? body.toString().replaceAll(upstream, url) : body)
}

/**
 * Starts a registry that has the packages of `folder` and those that are published to it, and passes requests for all
 * others on to the registry that npm uses on this machine. Each package has its one version, tagged `latest`.
 * @param folder a folder of tarballs. @default where `npm run pack` writes
 */
export async function startRegistry(folder: string = packedFolder): Promise<Registry> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  const packed = await Promise.all(files.map((name) => readPackage(join(folder, name))))
  let packages = [...packed, ...(await readOtherPlatforms(packed))]
  const upstream = await configuredRegistry()
  const requests: string[] = []
  const published: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', url).pathname)
    requests.push(path)
    const described = packages.find(({ manifest }) => path === `/${manifest.name}`)
    const downloaded = packages.find((candidate) => path === candidate.path)
    if (request.method === 'PUT' && !described) {
      void readPublished(request, path).then((item) => {
        packages = [...packages, item]
        published.push(`${item.manifest.name}@${item.manifest.version}`)
        response.writeHead(201, { 'content-type': 'application/json' })
        response.end('{}')
      })
    } else if (described) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(packument(described, url))
    } else if (downloaded) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      response.end(downloaded.tarball)
    } else {
      passOn(request, response, upstream, url).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(502)
        response.end(String(error))
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    published,
    remove: (name) => {
      packages = packages.filter(({ manifest }) => manifest.name !== name)
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
