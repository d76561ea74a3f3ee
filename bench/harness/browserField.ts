/** The contestants in Chromium: each in a page of its own, served from this machine. */
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { bundlePage, bundleTensorFlow } from './bundle.ts'
import type { Candidate } from './entrant.ts'
import { chosen } from './nodeField.ts'
import type { BenchOptions } from './options.ts'
import { type PageServer, serve } from './pageServer.ts'
import { builtFolder, peersFolder } from './places.ts'
import { type Player, readReply } from './player.ts'
import type { Answers, Reply, Request } from './protocol.ts'

export interface BrowserField {
  /** The browser's name and version. */
  readonly runtime: string
  /** Where pages find the folder of temporary files. */
  readonly dataAddress: string
  readonly browser: Browser
  readonly server: PageServer
  close(): Promise<void>
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path in CHROMIUM, or the first such browser on the PATH. */
function findChromium(): string {
  const { CHROMIUM: given, PATH = '' } = process.env
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  const found = given ?? places.find(isExecutable)
  if (found === undefined)
    throw new Error('no Chromium on this machine: install it, or name one in CHROMIUM')
  return found
}

const page = '<!doctype html><title>Bench</title><script type="module" src="/page.js"></script>'
const dataPath = '/data'

interface Built {
  readonly label: string
  readonly path: string
}

const builtFiles = ({ libraries }: BenchOptions): readonly Built[] =>
  libraries.length > 0 ? libraries : [{ label: '', path: join(builtFolder, 'striate.js') }]

const mountOf = (index: number): string => `/striate${index}`

/** Starts the browser and the server that it reads from. */
export async function openBrowser(options: BenchOptions): Promise<BrowserField> {
  const executablePath = findChromium()
  // A page that cannot load TensorFlow.js reports it as not installed.
  const tensorFlow = await bundleTensorFlow().catch(() => undefined)
  const server = await serve({
    folders: {
      [dataPath]: tmpdir(),
      '/peers': join(peersFolder, 'node_modules'),
      ...Object.fromEntries(
        builtFiles(options).map(({ path }, index) => [mountOf(index), dirname(resolve(path))]),
      ),
    },
    writable: dataPath,
    texts: {
      '/index.html': page,
      '/page.js': await bundlePage(),
      ...(tensorFlow === undefined ? {} : { '/tensorflow.js': tensorFlow }),
    },
  })
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    // As root, as in most containers, Chromium has no sandbox.
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--no-first-run',
    ],
  })
  return {
    runtime: `Chromium ${browser.version()}`,
    dataAddress: `${server.origin}${dataPath}`,
    browser,
    server,
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

async function openPage({ browser, server }: BrowserField): Promise<Player> {
  const context = await browser.newContext()
  const tab = await context.newPage()
  await tab.goto(`${server.origin}/index.html`)
  await tab.waitForFunction(() => 'answerStriateBench' in globalThis)
  return {
    async ask<Op extends Request['op']>(request: Extract<Request, { op: Op }>) {
      const reply = await tab.evaluate((asked) => globalThis.answerStriateBench(asked), request)
      return readReply(reply as Reply<Op>) as Answers[Op]
    },
    close: () => context.close(),
  }
}

export function browserCandidates(field: BrowserField, options: BenchOptions): Candidate[] {
  const start = (): Promise<Player> => openPage(field)
  const { origin } = field.server
  const ours = builtFiles(options).map(({ label, path }, index) => ({
    name: label === '' ? 'striate' : `striate:${label}`,
    places: { modules: [`${origin}${mountOf(index)}/${basename(path)}`] },
    start,
  }))
  const onnxRuntime = `${origin}/peers/onnxruntime-web/dist/`
  const others: Candidate[] = [
    {
      name: 'onnxruntime-web',
      places: { modules: [`${onnxRuntime}ort.wasm.min.mjs`], assets: onnxRuntime },
      start,
    },
    {
      name: 'tfjs-wasm',
      places: {
        modules: [`${origin}/tensorflow.js`],
        assets: `${origin}/peers/@tensorflow/tfjs-backend-wasm/dist/`,
      },
      start,
    },
  ]
  return [...ours, ...chosen(others, options.peers)]
}
