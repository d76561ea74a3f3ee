// What a page carries: an import brings its own kernels, and neither those of others nor gradients.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src/', import.meta.url))

const bundle = (names: string) =>
  build({
    stdin: { contents: `export ${names} from './index.ts'`, resolveDir: source },
    absWorkingDir: source,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    external: ['node:*'],
    minify: true,
    write: false,
    metafile: true,
  })

/** The files below `src` that have a part in a bundle of these names. */
async function filesOf(names: string): Promise<string[]> {
  const { metafile } = await bundle(names)
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    ),
  )
}

const wasm = 'engine/wasm/'
const kernels = `${wasm}kernels/`

/** What makes weights from gradients. */
const training = [
  'tensor/gradients.ts',
  'ops/gradients/',
  `${wasm}lower/winograd/weightGradient.ts`,
  `${wasm}lower/directWeightGradient.ts`,
  `${kernels}direct/weightGradient.ts`,
  `${kernels}winograd/gradient.ts`,
  `${kernels}winograd/outer.ts`,
]

/** What looks at the engine's work and its files on Node. */
const onNode = [
  'engine/debug.ts',
  'engine/inspect/telling.ts',
  `${wasm}canaries.ts`,
  `${wasm}canaryPattern.ts`,
  `${wasm}guardedMemory.ts`,
  `${wasm}watch.ts`,
  `${wasm}tuning/file.ts`,
]

const formulas = ['exponential', 'hyperbolic', 'special', 'trigonometric'].map(
  (name) => `${kernels}elementwise/${name}.ts`,
)

describe('a bundle', () => {
  it.each([
    {
      names: '{ conv2d }',
      has: [`${kernels}contraction/`, `${kernels}winograd/`, `${kernels}direct/`, `${kernels}fft/`],
      hasNot: [
        ...training,
        ...formulas,
        ...onNode,
        `${kernels}elementwise/elementwise.ts`,
        `${kernels}expression.ts`,
        `${wasm}scalars.ts`,
        `${wasm}parts.ts`,
        `${wasm}lower/epilogue.ts`,
        `${wasm}fusion.ts`,
        `${wasm}fold.ts`,
        `${wasm}pools.ts`,
        `${wasm}lower/winograd/pooled.ts`,
        `${kernels}winograd/boxMax.ts`,
        `${kernels}reduce/`,
        `${kernels}gather.ts`,
        `${kernels}window/windowMax.ts`,
        `${kernels}window/planeMax.ts`,
        `${kernels}contraction/matvec.ts`,
        `${wasm}tuning/measure.ts`,
        'engine/reference/',
        'engine/inspect/',
        'nn/',
        'train/',
        'models/',
      ],
    },
    {
      names: '{ add }',
      has: [`${kernels}elementwise/elementwise.ts`],
      hasNot: [
        ...training,
        ...formulas,
        `${kernels}contraction/contraction.ts`,
        `${kernels}winograd/product.ts`,
        `${kernels}fft/`,
      ],
    },
    {
      names: '{ sin }',
      has: [`${kernels}elementwise/trigonometric.ts`],
      hasNot: [...training, `${kernels}elementwise/exponential.ts`, `${kernels}reduce/`],
    },
    {
      names: '{ conv2d, gradients }',
      has: training,
      hasNot: [`${kernels}window/planeMax.ts`, `${wasm}tuning/measure.ts`, 'nn/'],
    },
    {
      names: '*',
      has: ['engine/inspect/', 'models/', 'train/', `${wasm}parts.ts`, `${wasm}scalars.ts`],
      hasNot: onNode,
    },
  ])('of $names carries what it needs and no more', async ({ names, has, hasNot }) => {
    const files = await filesOf(names)
    const under = (path: string): string[] => files.filter((file) => file.startsWith(path))
    for (const path of has) expect(under(path), path).not.toEqual([])
    for (const path of hasNot) expect(under(path), path).toEqual([])
  })

  it('of conv2d alone is less than 60 kB, compressed', async () => {
    const { outputFiles } = await bundle('{ conv2d }')
    expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).toBeLessThan(60_000)
  })
})
