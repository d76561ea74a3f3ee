/** Copies between strided layouts of up to 8 axes: permutes, slices, joins, repeats. */
import {
  type FunctionBuilder,
  i32,
  type Local,
  ModuleBuilder,
  memoryCopy,
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
  transposeFour,
} from '../kernel.ts'
import { copyAxes } from './descriptor.ts'

export type StridedCopyOptions = KernelTarget & { readonly elementBytes: 1 | 4 }
export type StridedCopyExports = {
  run(descriptor: number, source: number, destination: number): void
}

const lineParameters = { bytes: 'i32', source: 'i32', destination: 'i32' } as const
type Line = Procedure<typeof lineParameters>

/** The two innermost axes; strides in bytes. */
const planeParameters = {
  rows: 'i32',
  columns: 'i32',
  source: 'i32',
  sourceRow: 'i32',
  sourceColumn: 'i32',
  destination: 'i32',
  destinationRow: 'i32',
  destinationColumn: 'i32',
} as const
type Plane = Procedure<typeof planeParameters>

/** From here on the engine's own copy is faster than a loop. */
const longLine = 2048
/** Rows of a tile of a transpose: 16 elements of 4 bytes fill a cache line. */
const tileRows = 16

export function stridedCopyModule(options: StridedCopyOptions): KernelModule<StridedCopyExports> {
  const { elementBytes } = options
  const name = kernelName(`b${elementBytes}-copy`, options)
  const module = new ModuleBuilder({ name, sharedMemory: options.sharedMemory })
  const scattered = scatteredPlane(module, elementBytes)
  const straight = {
    copy: linesPlane(module, 'copyLines', copyLine(module)),
    fill: linesPlane(module, 'fillLines', fillLine(module, elementBytes)),
  }
  const transposed = elementBytes === 4 ? transposedPlane(module, scattered) : scattered
  const plane = module.procedure('plane', planeParameters, (f, p) => {
    const unit = (stride: Value<'i32'>): Value<'i32'> => i32.eq(stride, elementBytes)
    f.block((done) => {
      f.if(unit(p.destinationColumn), () => {
        f.if(unit(p.sourceColumn), () => {
          f.do(straight.copy.call(p))
          f.br(done)
        })
        f.if(i32.eqz(p.sourceColumn), () => {
          f.do(straight.fill.call(p))
          f.br(done)
        })
        f.if(unit(p.sourceRow), () => {
          f.do(transposed.call(p))
          f.br(done)
        })
      })
      f.do(scattered.call(p))
    })
  })
  outerLoops(module, elementBytes, plane)
  return kernelModule(name, module)
}

/** `run`: nested loops over the outer axes, whose sizes and strides are read from the descriptor. */
function outerLoops(module: ModuleBuilder, elementBytes: number, plane: Plane): void {
  module.procedure(
    'run',
    { descriptor: 'i32', source: 'i32', destination: 'i32' },
    (f, { descriptor, source, destination }) => {
      const size = (axis: number): Value<'i32'> => i32.load(descriptor, 4 * axis)
      const stride = (side: 1 | 2, axis: number): Value<'i32'> =>
        i32.mul(i32.load(descriptor, 4 * (side * copyAxes + axis)), elementBytes)
      const [row, column] = [copyAxes - 2, copyAxes - 1]
      const sides = [
        [source, 1],
        [destination, 2],
      ] as const
      const move = (axis: number, times: Value<'i32'> | number): void => {
        for (const [address, side] of sides) {
          f.add(address, i32.mul(stride(side, axis), times))
        }
      }
      const axisLoop = (axis: number): void => {
        if (axis === row) {
          const sizes = { rows: size(row), columns: size(column), source, destination }
          const from = { sourceRow: stride(1, row), sourceColumn: stride(1, column) }
          const to = { destinationRow: stride(2, row), destinationColumn: stride(2, column) }
          f.do(plane.call({ ...sizes, ...from, ...to }))
          return
        }
        const left = f.let(size(axis))
        f.times(left, () => {
          axisLoop(axis + 1)
          move(axis, 1)
        })
        move(axis, i32.sub(0, size(axis)))
      }
      axisLoop(0)
    },
    { exported: true },
  )
}

/** Rows of neighbours on both sides, or of one repeated element. */
function linesPlane(module: ModuleBuilder, name: string, line: Line): Plane {
  return module.procedure(name, planeParameters, (f, p) => {
    const bytes = f.let(i32.mul(p.columns, p.destinationColumn))
    f.times(p.rows, () => {
      f.do(line.call({ bytes, source: p.source, destination: p.destination }))
      f.add(p.source, p.sourceRow)
      f.add(p.destination, p.destinationRow)
    })
  })
}

function copyLine(module: ModuleBuilder): Line {
  return module.procedure('copyLine', lineParameters, (f, { bytes, source, destination }) => {
    const next = (count: number): void => {
      f.add(source, count)
      f.add(destination, count)
      f.set(bytes, i32.sub(bytes, count))
    }
    f.if(i32.geS(bytes, longLine), () => {
      f.do(memoryCopy(destination, source, bytes))
      f.return()
    })
    f.while(i32.geS(bytes, 16), () => {
      f.do(v128.store(destination, v128.load(source)))
      next(16)
    })
    f.while(i32.geS(bytes, 4), () => {
      f.do(i32.store(destination, i32.load(source)))
      next(4)
    })
    f.while(i32.gtS(bytes, 0), () => {
      f.do(i32.store8(destination, i32.load8U(source)))
      next(1)
    })
  })
}

function fillLine(module: ModuleBuilder, elementBytes: 1 | 4): Line {
  return module.procedure('fillLine', lineParameters, (f, { bytes, source, destination }) => {
    const splat = elementBytes === 4 ? v128.load32Splat : v128.load8Splat
    const value = f.let(splat(source))
    const next = (count: number): void => {
      f.add(destination, count)
      f.set(bytes, i32.sub(bytes, count))
    }
    f.while(i32.geS(bytes, 16), () => {
      f.do(v128.store(destination, value))
      next(16)
    })
    const storeOne = elementBytes === 4 ? v128.store32Lane : v128.store8Lane
    f.while(i32.gtS(bytes, 0), () => {
      f.do(storeOne(destination, value, 0))
      next(elementBytes)
    })
  })
}

/** Any strides, one element at a time. */
function scatteredPlane(module: ModuleBuilder, elementBytes: 1 | 4): Plane {
  return module.procedure('scattered', planeParameters, (f, p) => {
    const [from, to, left] = [f.local('i32'), f.local('i32'), f.local('i32')]
    f.times(p.rows, () => {
      f.set(from, p.source)
      f.set(to, p.destination)
      f.set(left, p.columns)
      f.times(left, () => {
        f.do(elementBytes === 4 ? i32.store(to, i32.load(from)) : i32.store8(to, i32.load8U(from)))
        f.add(from, p.sourceColumn)
        f.add(to, p.destinationColumn)
      })
      f.add(p.source, p.sourceRow)
      f.add(p.destination, p.destinationRow)
    })
  })
}

/** Neighbours in the source lie along rows, in the destination along columns: 4 × 4 blocks in registers. */
function transposedPlane(module: ModuleBuilder, scattered: Plane): Plane {
  const block = transposedBlock(module)
  return module.procedure('transposed', planeParameters, (f, p) => {
    const [row, column, inner] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const wholeRows = f.let(i32.and(p.rows, -4))
    const wholeColumns = f.let(i32.and(p.columns, -4))
    const at = (r: Value<'i32'> | 0, c: Value<'i32'> | 0) => ({
      source: sum(p.source, i32.mul(r, p.sourceRow), i32.mul(c, p.sourceColumn)),
      destination: sum(
        p.destination,
        i32.mul(r, p.destinationRow),
        i32.mul(c, p.destinationColumn),
      ),
    })
    f.for(row, { to: wholeRows, step: tileRows }, () => {
      const end = f.let(minimum(i32.add(row, tileRows), wholeRows))
      f.for(column, { to: wholeColumns, step: 4 }, () => {
        f.for(inner, { from: row, to: end, step: 4 }, () => {
          f.do(block.call({ ...at(inner, column), step: p.sourceColumn, row: p.destinationRow }))
        })
      })
    })
    const rightColumns = i32.sub(p.columns, wholeColumns)
    f.do(
      scattered.call({ ...p, ...at(0, wholeColumns), rows: wholeRows, columns: rightColumns }),
      scattered.call({ ...p, ...at(wholeRows, 0), rows: i32.sub(p.rows, wholeRows) }),
    )
  })
}

function sum(...terms: readonly [Value<'i32'>, ...Value<'i32'>[]]): Value<'i32'> {
  return terms.reduce((total, term) => i32.add(total, term))
}

type Block = Procedure<{
  readonly source: 'i32'
  readonly step: 'i32'
  readonly destination: 'i32'
  readonly row: 'i32'
}>

function transposedBlock(module: ModuleBuilder): Block {
  const parameters = { source: 'i32', step: 'i32', destination: 'i32', row: 'i32' } as const
  return module.procedure('block', parameters, (f, { source, step, destination, row }) => {
    const load = (): Local<'v128'> => loadAndMove(f, source, step)
    for (const vector of transposeFour([load(), load(), load(), load()], (part) => f.let(part))) {
      f.do(v128.store(destination, vector))
      f.add(destination, row)
    }
  })
}

function loadAndMove(f: FunctionBuilder, address: Local<'i32'>, step: Value<'i32'>): Local<'v128'> {
  const vector = f.let(v128.load(address))
  f.add(address, step)
  return vector
}
