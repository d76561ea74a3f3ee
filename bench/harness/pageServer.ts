/** A web server for the bench's pages: folders and texts, isolated, and one folder that takes what pages write. */
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** Without these pages cannot share memory between threads, nor see a fine clock. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

export interface PageServer {
  readonly origin: string
  close(): Promise<void>
}

export interface Served {
  /** First part of the path, as `/peers`, to a folder. */
  readonly folders: Readonly<Record<string, string>>
  readonly texts: Readonly<Record<string, string>>
  /** The folder of `folders` that pages may write to. */
  readonly writable: string
}

/** Listens on a free port of this machine alone. */
export async function serve({ folders, texts, writable }: Served): Promise<PageServer> {
  const fileOf = (path: string): { file: string; mount: string } | null => {
    const mount = Object.keys(folders).find((each) => path.startsWith(`${each}/`))
    if (mount === undefined) return null
    const inside = normalize(path.slice(mount.length))
    return inside.includes('..') ? null : { mount, file: join(folders[mount]!, inside) }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)
    const type = types[extname(path)] ?? 'application/octet-stream'
    const headers = { ...isolation, 'Content-Type': type }
    const text = texts[path]
    if (text !== undefined) {
      response.writeHead(200, headers).end(text)
      return
    }
    const found = fileOf(path)
    if (request.method === 'PUT' && found?.mount === writable) {
      await pipeline(request, createWriteStream(found.file))
      response.writeHead(204, headers).end()
    } else if (found && (await stat(found.file).catch(() => null))?.isFile()) {
      response.writeHead(200, headers)
      await pipeline(createReadStream(found.file), response)
    } else {
      response.writeHead(404, headers).end()
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
