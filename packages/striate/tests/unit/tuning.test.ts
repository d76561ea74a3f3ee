// Tiles: found once, kept in a file that may be damaged, and without influence on results.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheFile } from '../../src/engine/wasm/tuning/file.ts'
import { forgetTiles, rememberedTiles, rememberTiles } from '../../src/engine/wasm/tuning/store.ts'
import { candidatesFor, tilesOf } from '../../src/engine/wasm/tuning/tiles.ts'
import { pickTile } from '../../src/engine/wasm/tuning/tune.ts'
import { compute, conv, setEngine, tune } from '../../src/nodeIndex.ts'
import { draw } from '../support/draw.ts'

const features = { relaxed: true, wide: false }
let folder = ''
let before: string | undefined

beforeEach(() => {
  before = process.env.STRIATE_CACHE
  folder = mkdtempSync(join(tmpdir(), 'striate-tiles-'))
  process.env.STRIATE_CACHE = folder
  forgetTiles()
  setEngine('wasm')
})
afterEach(() => {
  if (before === undefined) delete process.env.STRIATE_CACHE
  else process.env.STRIATE_CACHE = before
  forgetTiles()
  rmSync(folder, { recursive: true })
})

describe('the file of tiles', () => {
  it('gives later processes what this one found', () => {
    expect(rememberTiles(features, { contraction: 1, product: 2 })).toBe(cacheFile())
    forgetTiles()
    expect(rememberedTiles(features)).toEqual({ contraction: 1, product: 2 })
    expect(tilesOf(features).contraction).toEqual(candidatesFor(features).contraction[1])
    expect(rememberedTiles({ relaxed: false, wide: false })).toBeUndefined()
  })

  it('keeps what others wrote, and leaves nothing else behind', () => {
    rememberTiles(features, { contraction: 1, product: 0 })
    forgetTiles()
    const other = { relaxed: false, wide: false }
    rememberTiles(other, { contraction: 2, product: 1 })
    forgetTiles()
    expect(rememberedTiles(features)).toEqual({ contraction: 1, product: 0 })
    expect(rememberedTiles(other)).toEqual({ contraction: 2, product: 1 })
    expect(readdirSync(folder)).toEqual(['tiles.json'])
  })

  it.each([
    ['nothing', ''],
    ['half of itself', '{"version":1,"machi'],
    ['another version', '{"version":99,"machines":{}}'],
    ['no machines', '{"version":1,"machines":null}'],
    ['a list', '[1,2]'],
    ['too much', `{"version":1,"machines":{},"x":"${'x'.repeat(70_000)}"}`],
  ])('is passed over when it holds %s, and mended by the next choice', (_, text) => {
    writeFileSync(cacheFile()!, text)
    expect(rememberedTiles(features)).toBeUndefined()
    expect(tilesOf(features).product).toEqual(candidatesFor(features).product[0])
    rememberTiles(features, { contraction: 0, product: 1 })
    forgetTiles()
    expect(rememberedTiles(features)).toEqual({ contraction: 0, product: 1 })
  })

  it('may name candidates that do not exist: the first ones serve', () => {
    rememberTiles(features, { contraction: 77, product: 99 })
    expect(tilesOf(features)).toEqual({
      contraction: candidatesFor(features).contraction[0],
      product: candidatesFor(features).product[0],
    })
    const text = readFileSync(cacheFile()!, 'utf8').replace('77', '-1')
    writeFileSync(cacheFile()!, text)
    forgetTiles()
    expect(rememberedTiles(features)).toBeUndefined()
  })

  it('is not needed: a choice that cannot be written holds for the process', () => {
    process.env.STRIATE_CACHE = join(folder, 'file')
    writeFileSync(join(folder, 'file'), '')
    expect(rememberTiles(features, { contraction: 1, product: 1 })).toBeNull()
    expect(rememberedTiles(features)).toEqual({ contraction: 1, product: 1 })
  })
})

describe('the choice', () => {
  it('takes another tile than the first only where it is clearly faster', () => {
    expect(pickTile([1, 0.5, 0.7])).toBe(1)
    expect(pickTile([1, 0.99, 1.2])).toBe(0)
  })

  it('changes no bit of a result, whatever it is', async () => {
    const build = () => [
      conv(draw([2, 24, 19, 17], 1), draw([32, 24, 3, 3], 2), { padding: 1 }),
      conv(draw([2, 24, 19, 17], 1), draw([40, 24, 1, 1], 2)),
    ]
    const read = async () => {
      const results = build()
      await compute(results)
      return Promise.all(results.map((each) => each.data()))
    }
    const { trials, file } = await tune()
    expect(file).toBe(cacheFile())
    expect(trials.filter(({ isChosen }) => isChosen)).toHaveLength(2)
    for (const { milliseconds } of trials) expect(milliseconds).toBeGreaterThan(0)
    const reference = await read()
    for (const choice of [0, 1, 2]) {
      for (const relaxed of [false, true])
        for (const wide of [false, true])
          rememberTiles({ relaxed, wide }, { contraction: choice, product: choice })
      const { wasmEngine } = await import('../../src/engine/wasm/index.ts')
      wasmEngine.forgetPlans()
      expect(await read()).toEqual(reference)
    }
  })
})
