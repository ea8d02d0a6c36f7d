import type { HttpRequest, HttpResponse } from '../../transport/transport.ts'
import type { PublicFile } from './public-files.ts'

function bestEncoding(acceptEncoding: string, { br, gzip }: PublicFile): 'br' | 'gzip' | undefined {
  // An encoding with the weight zero is not acceptable (RFC 9110 §12.5.3).
  const accepted = new Set(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
      .map((entry) => entry.split(';')[0]?.trim()),
  )
  if (br && accepted.has('br')) return 'br'
  return gzip && accepted.has('gzip') ? 'gzip' : undefined
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

/** Returns the answer to a request for `file`. The end of `name` determines the content type. */
export function serveFile(
  request: HttpRequest,
  name: string,
  file: PublicFile,
  extra: HttpResponse['headers'],
): HttpResponse {
  const encoding = bestEncoding(request.header('accept-encoding'), file)
  const headers = {
    'X-Content-Type-Options': 'nosniff',
    'Content-Type': contentTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    // Each encoding is a separate representation, so it has its own tag (RFC 9110 §8.8.3).
    ETag: encoding ? file.etag.replace(/"$/, `-${encoding}"`) : file.etag,
    Vary: 'Accept-Encoding',
    ...extra,
  }
  const known = request.header('if-none-match').split(/\s*,\s*/)
  if (known.includes(headers.ETag) || known.includes(`W/${headers.ETag}`)) {
    return { status: 304, headers, body: '' }
  }
  return {
    status: 200,
    headers: encoding ? { ...headers, 'Content-Encoding': encoding } : headers,
    body: (encoding && file[encoding]) ?? file.identity,
  }
}
