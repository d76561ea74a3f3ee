/** A web server for one test: folders and texts under paths, with or without cross-origin isolation. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
}

/** What makes a page cross-origin isolated, and so lets it share memory with its workers. */
const isolation: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export interface Served {
  /** Path of the page to the folder that is served there, as `/shared/`. */
  readonly folders?: Readonly<Record<string, string>>
  /** Path of a page or script to its text. */
  readonly texts?: Readonly<Record<string, string>>
  readonly isolated?: boolean
}

export interface WebServer {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  /** What was asked for and is not there. */
  readonly missing: readonly string[]
  close(): Promise<void>
}

/** Listens on a free port of this machine alone. */
export async function serve({
  folders = {},
  texts = {},
  isolated = false,
}: Served): Promise<WebServer> {
  const missing: string[] = []
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const type = types[extname(path)] ?? 'application/octet-stream'
    const headers = { 'Content-Type': type, ...(isolated ? isolation : {}) }
    const text = texts[path]
    if (text !== undefined) {
      response.writeHead(200, headers).end(text)
      return
    }
    const file = fileOf(folders, path)
    if (file !== null && (await stat(file).catch(() => null))?.isFile()) {
      response.writeHead(200, headers)
      createReadStream(file).pipe(response)
      return
    }
    // Browsers ask for it by themselves.
    if (path !== '/favicon.ico') missing.push(path)
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end()
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    answer(decodeURIComponent(pathname), response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    missing,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function fileOf(folders: Readonly<Record<string, string>>, path: string): string | null {
  const mount = Object.keys(folders).find((each) => path.startsWith(each))
  if (mount === undefined) return null
  const inside = normalize(path.slice(mount.length))
  return inside.startsWith('..') || inside.startsWith(sep) ? null : join(folders[mount]!, inside)
}
