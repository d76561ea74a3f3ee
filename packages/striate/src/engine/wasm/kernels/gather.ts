/** Gathers along the middle axis of [outer, axis, inner], by rows or by elements, and their adjoints. */
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  ModuleBuilder,
  type Procedure,
  type Value,
  v128,
} from '../assembler/index.ts'
import {
  element,
  type KernelModule,
  type KernelTarget,
  kernelModule,
  kernelName,
} from './kernel.ts'

type Gather = (
  ...args: [
    ...sizes: [outer: number, axis: number, count: number, inner: number],
    ...data: [index: number, input: number, output: number],
  ]
) => void
export type GatherExports = {
  gatherRows: Gather
  scatterAddRows: Gather
  gatherElements: Gather
  scatterAddElements: Gather
}

const parameters = {
  outer: 'i32',
  axis: 'i32',
  count: 'i32',
  inner: 'i32',
  index: 'i32',
  input: 'i32',
  output: 'i32',
} as const
const exported = { exported: true }

const lineParameters = { cells: 'i32', from: 'i32', to: 'i32' } as const
type Line = Procedure<typeof lineParameters>

export function gatherModule(target: KernelTarget): KernelModule<GatherExports> {
  const name = kernelName('b4-gather', target)
  const module = new ModuleBuilder({ name, sharedMemory: target.sharedMemory })
  rows(module, 'gatherRows', copyLine(module))
  rows(module, 'scatterAddRows', addLine(module))
  elements(module, 'gatherElements')
  elements(module, 'scatterAddElements')
  return kernelModule(name, module)
}

function line(module: ModuleBuilder, name: string, four: LineStep, one: LineStep): Line {
  return module.procedure(name, lineParameters, (f, { cells, from, to }) => {
    const step = (count: number): void => {
      f.add(from, 4 * count)
      f.add(to, 4 * count)
      f.set(cells, i32.sub(cells, count))
    }
    f.while(i32.geS(cells, 4), () => {
      four(f, from, to)
      step(4)
    })
    f.while(i32.gtS(cells, 0), () => {
      one(f, from, to)
      step(1)
    })
  })
}
type LineStep = (f: FunctionBuilder, from: Local<'i32'>, to: Local<'i32'>) => void

const copyLine = (module: ModuleBuilder): Line =>
  line(
    module,
    'copyLine',
    (f, from, to) => f.do(v128.store(to, v128.load(from))),
    (f, from, to) => f.do(i32.store(to, i32.load(from))),
  )

const addLine = (module: ModuleBuilder): Line =>
  line(
    module,
    'addLine',
    (f, from, to) => f.do(v128.store(to, f32x4.add(v128.load(to), v128.load(from)))),
    (f, from, to) => f.do(f32.store(to, f32.add(f32.load(to), f32.load(from)))),
  )

/** One index for each row of `inner` neighbours; the indexed side is the input, or for the adjoint the output. */
function rows(module: ModuleBuilder, name: 'gatherRows' | 'scatterAddRows', move: Line): void {
  const gathers = name === 'gatherRows'
  module.procedure(
    name,
    parameters,
    (f, { outer, axis, count, inner, index, input, output }) => {
      const rowBytes = f.let(i32.shl(inner, 2))
      const [indexed, listed] = gathers ? [input, output] : [output, input]
      const position = f.local('i32')
      f.times(outer, () => {
        f.for(position, { to: count }, () => {
          const picked = i32.mul(i32.load(element(index, position)), rowBytes)
          const place = i32.add(indexed, picked)
          const [from, to] = gathers ? [place, listed] : [listed, place]
          f.do(move.call({ cells: inner, from, to }))
          f.add(listed, rowBytes)
        })
        f.add(indexed, i32.mul(axis, rowBytes))
      })
    },
    exported,
  )
}

/** One index for each cell; a negative one picks 0, and adds nothing in the adjoint. */
function elements(module: ModuleBuilder, name: 'gatherElements' | 'scatterAddElements'): void {
  const gathers = name === 'gatherElements'
  const planeParameters = {
    count: 'i32',
    inner: 'i32',
    index: 'i32',
    indexed: 'i32',
    listed: 'i32',
  } as const
  const plane = module.procedure(
    `${name}Plane`,
    planeParameters,
    (f, { count, inner, index, indexed, listed }) => {
      const column = f.local('i32')
      const picked = f.local('i32')
      f.times(count, () => {
        f.for(column, { to: inner }, () => {
          f.set(picked, i32.load(index))
          const place = (): Value<'i32'> =>
            element(indexed, i32.add(i32.mul(picked, inner), column))
          f.if(
            i32.geS(picked, 0),
            () => {
              if (gathers) f.do(i32.store(listed, i32.load(place())))
              else {
                const address = f.let(place())
                f.do(f32.store(address, f32.add(f32.load(address), f32.load(listed))))
              }
            },
            () => {
              if (gathers) f.do(i32.store(listed, 0))
            },
          )
          f.add(index, 4)
          f.add(listed, 4)
        })
      })
    },
  )
  module.procedure(
    name,
    parameters,
    (f, { outer, axis, count, inner, index, input, output }) => {
      const [indexed, listed] = gathers ? [input, output] : [output, input]
      const cells = f.let(i32.shl(i32.mul(count, inner), 2))
      f.times(outer, () => {
        f.do(plane.call({ count, inner, index, indexed, listed }))
        f.add(index, cells)
        f.add(listed, cells)
        f.add(indexed, i32.shl(i32.mul(axis, inner), 2))
      })
    },
    exported,
  )
}
