// Files that somebody chose in a page, in Chromium: ONNX, Keras, TensorFlow.js and npz are read from Blobs and run.
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeKeras, encodeNpz, encodeOnnx, encodeTfjs } from '@striate/formats'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { add, nn, sequential, type Tensor } from 'striate'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  findChromium,
  launchChromium,
  noChromium,
} from '../../../striate/tests/support/browser/chromium.ts'
import { serve, type WebServer } from '../../../striate/tests/support/browser/server.ts'
import type { PageReport } from '../support/browser/inPage.ts'
import { drawInput } from '../support/draw.ts'
import { fillStates } from '../support/python.ts'

const chromium = findChromium()
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const page =
  '<!doctype html><input type="file" multiple><script type="module" src="/page.js"></script>'

/** The sources, bundled for a page. */
async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('../support/browser/inPage.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    alias: {
      striate: here('../../../striate/src/index.ts'),
      '@striate/formats': here('../../src/index.ts'),
    },
  })
  return outputFiles[0]!.text
}

class Block extends nn.Layer {
  readonly conv = this.child(
    'conv',
    nn.conv2d({
      inChannels: 4,
      outChannels: 4,
      kernelSize: 3,
      padding: 1,
      layout: 'channels-last',
    }),
  )

  forward(x: Tensor): Tensor {
    return add(x, this.conv.forward(x))
  }
}

const network = (): nn.Layer =>
  sequential(
    nn.conv2d({ inChannels: 1, outChannels: 4, kernelSize: 3, layout: 'channels-last' }),
    new Block(),
    nn.relu(),
    nn.flatten(),
    nn.linear(144, 3),
  )

let browser: Browser
let server: WebServer
let folder: string
let expected: number[]
const names: string[] = []

beforeAll(async () => {
  if (chromium === null) return
  folder = mkdtempSync(join(tmpdir(), 'striate-page-'))
  const net = network()
  fillStates(net, 3)
  net.eval()
  const x = drawInput([8, 8, 1], 'float32')
  expected = [...(await net.forward(x).data())]
  const inputShape = [8, 8, 1]
  const files: Record<string, Uint8Array> = {
    'net.onnx': await encodeOnnx(net, { name: 'input', shape: [2, 8, 8, 1] }),
    'net.keras': await encodeKeras(net, { inputShape }),
    ...(await encodeTfjs(net, { inputShape })),
    'x.npz': encodeNpz({ x: { dtype: 'float32', shape: x.shape, data: await x.data() } as never }),
  }
  for (const [name, bytes] of Object.entries(files)) {
    names.push(join(folder, name))
    await writeFile(join(folder, name), bytes)
  }
  server = await serve({ texts: { '/index.html': page, '/page.js': await pageScript() } })
  browser = await launchChromium(chromium)
}, 600_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true })
})

beforeEach(({ skip }) => skip(chromium === null, noChromium))

describe('files chosen in a page', () => {
  it('are read and give the numbers that they give in Node', async () => {
    const tab = await browser.newPage()
    const errors: string[] = []
    tab.on('pageerror', (error) => errors.push(String(error)))
    await tab.goto(`${server.origin}/index.html`)
    await tab.waitForFunction(() => 'runChosen' in globalThis)
    await tab.setInputFiles('input', names)
    const found: PageReport = await tab.evaluate(() => globalThis.runChosen())
    expect([errors, server.missing]).toEqual([[], []])
    expect(Object.keys(found)).toEqual(['net.onnx', 'net.keras', 'model.json', 'written here'])
    for (const [name, values] of Object.entries(found)) {
      expect(values.length, name).toBe(expected.length)
      for (const [at, value] of values.entries()) expect(value, name).toBeCloseTo(expected[at]!, 4)
    }
  }, 120_000)
})
