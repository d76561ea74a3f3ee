/**
 * The gradient of direct convolution with respect to its weight, channels first, for a plain (not
 * transposed) geometry: a few output channels times a few taps are summed in registers along all lines
 * of a band, four or eight cells at a time, and the lanes are added at its end.
 */
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  ModuleBuilder,
  memoryFill,
  type Procedure,
  type Value,
  v128,
} from '../../assembler/index.ts'
import {
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
  minimum,
  multiplyAdd,
} from '../kernel.ts'
import { type FillBand, fillBand } from './fill.ts'
import { type DirectForm, type DirectGeometry, directForm, directLabel } from './form.ts'
import { type GradientTile, gradientTiles, type TapBlock } from './gradientTiles.ts'

export interface DirectGradientOptions extends KernelTarget, DirectGeometry {
  /** V8 revectorizes to 256 bits. */
  readonly wide: boolean
}

export type DirectGradientExports = {
  run(
    ...args: [
      firstGroup: number,
      endGroup: number,
      groups: number,
      firstSample: number,
      endSample: number,
      input: number,
      upstream: number,
      weight: number,
      scratch: number,
    ]
  ): void
}

const runParameters = {
  firstGroup: 'i32',
  endGroup: 'i32',
  groups: 'i32',
  firstSample: 'i32',
  endSample: 'i32',
  input: 'i32',
  upstream: 'i32',
  weight: 'i32',
  scratch: 'i32',
} as const
type RunLocals = { readonly [Name in keyof typeof runParameters]: Local<'i32'> }

const sumParameters = {
  scratch: 'i32',
  upstream: 'i32',
  weight: 'i32',
  first: 'i32',
  work: 'i32',
} as const
/** first: first line of the band (of the outermost axis) that counts; work: masks, then room for the sums. */
type SumTaps = Procedure<typeof sumParameters>

const maskBytes = 32
/** Sixteen sums of two vectors. */
const workBytes = maskBytes + 16 * 32

/** A band of input and upstream stays in the nearest cache while all taps and outputs pass over it. */
const gradientForm = (geometry: DirectGeometry): DirectForm =>
  directForm(geometry, { floats: 2 ** 15, cutsLines: false })

/** Bytes of scratch that one call needs. */
export const directGradientScratchBytes = (geometry: DirectGeometry): number =>
  gradientForm(geometry).scratchBytes + workBytes

export function directGradientModule(
  options: DirectGradientOptions,
): KernelModule<DirectGradientExports> {
  const form = gradientForm(options)
  const variant = `${directLabel(options)}${options.wide ? '-wide' : ''}`
  const name = kernelName(`f32-directgradient-${variant}`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const fill = fillBand(module, form)
  const tile = gradientTiles(form, options.wide)
  const kernels = new Map<string, SumTaps>()
  /** Blocks of taps that are alike have one kernel. */
  const kernelOf = (rows: number, block: TapBlock): SumTaps => {
    const key = `${rows}:${block.taps.map(({ scratch, weight }) => `${scratch}.${weight}`).join()}`
    const known = kernels.get(key)
    if (known) return known
    const made = sumTaps(module, `sum${kernels.size}`, options, form, tile, rows, block)
    kernels.set(key, made)
    return made
  }
  const whole = tile.blocks.map((block) => kernelOf(tile.rows, block))
  const rest = form.outputs % tile.rows
  const partial = rest > 0 ? tile.blocks.map((block) => kernelOf(rest, block)) : []
  module.procedure(
    'run',
    runParameters,
    (f, p) => overGroups(f, p, form, fill, tile, { whole, partial }),
    { exported: true },
  )
  return kernelModule(name, module)
}

interface BlockKernels {
  /** For each block of taps: with all rows of the tile, and with those that are left. */
  readonly whole: readonly SumTaps[]
  readonly partial: readonly SumTaps[]
}

function overGroups(
  f: FunctionBuilder,
  p: RunLocals,
  form: DirectForm,
  fill: FillBand,
  { rows, lanes, blocks }: GradientTile,
  { whole, partial }: BlockKernels,
): void {
  const { band, bandOutputs, bandStep, bandAxis, low, channels, outputs } = form
  const phase = form.phases[0]!
  const width = phase.counts[2]!
  const work = f.let(i32.add(p.scratch, form.scratchBytes))
  const [sample, item, at] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [first, start, left] = [f.local('i32'), f.local('i32'), f.local('i32')]
  const [weight, upstream] = [f.local('i32'), f.local('i32')]
  f.do(memoryFill(p.scratch, 0, form.scratchBytes))
  // Of the last unit of a line only the lanes count that the units before have not covered.
  const covered = lanes - (width % lanes)
  const mask = (lane: number): number => (lane < covered ? 0 : -1)
  for (let lane = 0; lane < lanes; lane += 4)
    f.do(
      v128.store(
        work,
        i32x4.const(mask(lane), mask(lane + 1), mask(lane + 2), mask(lane + 3)),
        4 * lane,
      ),
    )
  const groupBytes = 4 * form.weightGroup
  f.add(p.weight, i32.mul(p.firstGroup, groupBytes))
  f.do(memoryFill(p.weight, 0, i32.mul(i32.sub(p.endGroup, p.firstGroup), groupBytes)))
  f.for(p.firstGroup, { from: p.firstGroup, to: p.endGroup }, () => {
    f.for(sample, { from: p.firstSample, to: p.endSample }, () => {
      f.set(item, i32.add(i32.mul(sample, p.groups), p.firstGroup))
      f.for(at, { to: bandOutputs, step: band }, () => {
        // The last band begins early enough to end with the axis; its first lines do not count again.
        f.set(start, minimum(at, bandOutputs - band))
        f.set(first, i32.sub(at, start))
        f.do(
          fill.call({
            from: i32.add(p.input, i32.mul(item, 4 * channels * form.inputPlane)),
            start: i32.add(i32.mul(start, bandStep), low[bandAxis]!),
            to: p.scratch,
          }),
        )
        f.set(weight, p.weight)
        const cells = i32.mul(item, 4 * outputs * form.outputPlane)
        f.set(
          upstream,
          i32.add(i32.add(p.upstream, cells), i32.mul(start, 4 * phase.steps[bandAxis]!)),
        )
        const sumBlocks = (kernels: readonly SumTaps[]): void => {
          for (const [i, kernel] of kernels.entries()) {
            const scratch = i32.add(p.scratch, 4 * blocks[i]!.scratch)
            const to = i32.add(weight, 4 * blocks[i]!.weight)
            f.do(kernel.call({ scratch, upstream, weight: to, first, work }))
          }
        }
        f.set(left, Math.floor(outputs / rows))
        f.times(left, () => {
          sumBlocks(whole)
          f.add(weight, 4 * rows * form.weightRow)
          f.add(upstream, 4 * rows * form.outputPlane)
        })
        sumBlocks(partial)
      })
    })
    f.add(p.weight, groupBytes)
  })
}

/** Adds to the weights of `rows` output channels and a block of taps what a band has for them. */
function sumTaps(
  module: ModuleBuilder,
  name: string,
  options: DirectGradientOptions,
  form: DirectForm,
  { lanes }: GradientTile,
  rows: number,
  block: TapBlock,
): SumTaps {
  const { counts, steps } = form.phases[0]!
  const width = counts[2]!
  const halves = Array.from({ length: lanes / 4 }, (_, half) => half)
  return module.procedure(name, sumParameters, (f, p) => {
    const sums = Array.from({ length: rows }, () =>
      block.taps.map(() => halves.map(() => f.local('v128'))),
    )
    const factors = Array.from({ length: rows }, () => halves.map(() => f.local('v128')))
    const cells = halves.map(() => f.local('v128'))
    const [z, y, x] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [scratch, upstream] = [f.local('i32'), f.local('i32')]
    const products = (
      shift: number,
      keep: (value: Value<'v128'>, half: number) => Value<'v128'>,
    ) => {
      for (const [row, list] of factors.entries())
        for (const half of halves) {
          const offset = 4 * row * form.outputPlane + 16 * half
          f.set(list[half]!, keep(v128.load(upstream, offset), half))
        }
      for (const [t, tap] of block.taps.entries()) {
        for (const half of halves)
          f.set(cells[half]!, keep(v128.load(scratch, 4 * tap.scratch + 16 * half), half))
        for (let row = 0; row < rows; row++)
          for (const half of halves) {
            const sum = sums[row]![t]![half]!
            f.set(sum, multiplyAdd(options, factors[row]![half]!, cells[half]!, sum))
          }
      }
      f.add(scratch, shift)
      f.add(upstream, shift)
    }
    const firstOf = (axis: number) => (axis === form.bandAxis ? p.first : 0)
    f.for(z, { from: firstOf(0), to: counts[0]! }, () =>
      f.for(y, { from: firstOf(1), to: counts[1]! }, () => {
        const cell = (zStep: number, yStep: number): Value<'i32'> =>
          i32.add(i32.mul(z, 4 * zStep), i32.mul(y, 4 * yStep))
        f.set(scratch, i32.add(p.scratch, cell(form.cellSteps[0]!, form.cellSteps[1]!)))
        f.set(upstream, i32.add(p.upstream, cell(steps[0]!, steps[1]!)))
        f.set(x, Math.floor(width / lanes))
        f.times(x, () => products(4 * lanes, (value) => value))
        if (width % lanes > 0) {
          const back = 4 * ((width % lanes) - lanes)
          f.add(scratch, back)
          f.add(upstream, back)
          products(0, (value, half) => v128.and(value, v128.load(p.work, 16 * half)))
        }
      }),
    )
    for (const [row, list] of sums.entries())
      for (const [t, pair] of list.entries())
        for (const half of halves)
          f.do(
            v128.store(
              p.work,
              pair[half]!,
              maskBytes + 4 * lanes * (row * block.taps.length + t) + 16 * half,
            ),
          )
    const total = f.local('v128')
    for (let row = 0; row < rows; row++)
      for (const [t, tap] of block.taps.entries()) {
        const at = maskBytes + 4 * lanes * (row * block.taps.length + t)
        f.set(total, v128.load(p.work, at))
        if (lanes === 8) f.set(total, f32x4.add(total, v128.load(p.work, at + 16)))
        f.set(total, f32x4.add(total, i32x4.shuffle(total, total, 2, 3, 0, 1)))
        const sum = f32.add(f32x4.extractLane(total, 0), f32x4.extractLane(total, 1))
        const offset = 4 * (row * form.weightRow + tap.weight)
        f.do(f32.store(p.weight, f32.add(f32.load(p.weight, offset), sum), offset))
      }
  })
}
