// The assembler's bytes, against wabt for every opcode helper, and executed.
import { expect, test } from 'vitest'
import wabt from 'wabt'
import { signedLeb, unsignedLeb } from '../../src/engine/wasm/assembler/bytes.ts'
import {
  type Effect,
  f32,
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  ModuleBuilder,
  memoryCopy,
  memoryFill,
  type Value,
  type ValueType,
  v128,
} from '../../src/engine/wasm/assembler/index.ts'

type Code = Value<ValueType> | Effect
type Helper = (...args: unknown[]) => Code

const groups = { i32, f32, v128, i8x16, i16x8, i32x4, f32x4, f64x2 }
const features = { simd: true, relaxed_simd: true, bulk_memory: true, sat_float_to_int: true }
const constants: Record<ValueType, Value<ValueType>> = {
  i32: i32.const(3),
  f32: f32.const(3),
  v128: i32x4.const(1, 2, 3, 4),
}

/** camelCase helper to the mnemonic of the specification: truncSatF32x4S, trunc_sat_f32x4_s. */
function mnemonic(group: string, name: string): string {
  if (name === 'select') return 'select'
  if (name === 'shuffle') return 'i8x16.shuffle'
  if (name === 'const' && group.includes('x')) return 'v128.const'
  return `${group}.${name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}`
}

/** The arguments with which each helper is tried. */
function argumentsOf(group: string, name: string): unknown[] {
  const scalar = group === 'i32' || group === 'f32'
  const lane = { i32x4: 'i32', f32x4: 'f32' } as const
  const own = scalar ? constants[group] : constants.v128
  const laneConstant = constants[lane[group as keyof typeof lane] ?? 'i32']
  if (name === 'const') return scalar ? [7] : group === 'f64x2' ? [1, 2] : [1, 2, 3, 4]
  if (name === 'select') return [constants.i32, own, own]
  if (/Lane$/.test(name) && /^(load|store)/.test(name)) return [16, constants.v128, 1, 300]
  if (name.startsWith('load')) return [16, 300]
  if (name.startsWith('store')) return [16, own, 300]
  if (name === 'convertI32S') return [constants.i32]
  if (name === 'extractLane') return [own, 1]
  if (name === 'replaceLane') return [own, 1, laneConstant]
  if (name === 'splat') return [laneConstant]
  if (name === 'shuffle') {
    return group === 'i8x16'
      ? [own, own, Array.from({ length: 16 }, (_, i) => 2 * i)]
      : [own, own, 0, 4, 1, 5]
  }
  if (/^(shl|shr)/.test(name)) return [own, constants.i32]
  return [own, own, own]
}

const helpers = Object.entries(groups).flatMap(([group, members]) =>
  Object.entries(members).map(([name, helper]) => ({ group, name, helper: helper as Helper })),
)

test.each(helpers)(
  '$group $name is what wabt reads and validates',
  async ({ group, name, helper }) => {
    const module = new ModuleBuilder({ name: 'one', sharedMemory: false })
    const value = helper(...argumentsOf(group, name))
    const { type } = value
    if (type === 'none') module.procedure('f', {}, (f) => f.do(value as Effect))
    else module.function('f', {}, type, () => value as Value<ValueType>)
    const read = (await wabt()).readWasm(module.bytes(), features)
    expect(() => read.validate()).not.toThrow()
    const text = read
      .toText({})
      .split('\n')
      .map((line) => line.trim().replace(/\)+$/, ''))
    const last = text.filter((line) => line !== '').at(-1) ?? ''
    expect(last.split(' ')[0]).toBe(mnemonic(group, name))
    if (name.startsWith('load') || name.startsWith('store')) expect(last).toContain('offset=300')
  },
)

test('the whole of a module with control flow validates in wabt', async () => {
  const read = (await wabt()).readWasm(controlModule(false).bytes(), features)
  expect(() => read.validate()).not.toThrow()
  const shared = (await wabt()).readWasm(controlModule(true).bytes(), {
    ...features,
    threads: true,
  })
  expect(shared.toText({})).toContain('(memory (;0;) 1 65536 shared)')
})

/** Functions that use each statement of FunctionBuilder. */
function controlModule(sharedMemory: boolean): ModuleBuilder {
  const module = new ModuleBuilder({ name: 'control', sharedMemory })
  const exported = { exported: true }
  const square = module.function('square', { x: 'i32' }, 'i32', (_, { x }) => i32.mul(x, x))
  module.function(
    'sumOfSquares',
    { from: 'i32', to: 'i32' },
    'i32',
    (f, { from, to }) => {
      const i = f.local('i32')
      const total = f.let(i32.const(0))
      f.for(i, { from, to, step: 2 }, () => f.set(total, i32.add(total, square.call({ x: i }))))
      return total
    },
    exported,
  )
  module.function(
    'firstMultiple',
    { of: 'i32', above: 'i32' },
    'i32',
    (f, { of, above }) => {
      const found = f.let(above)
      f.block((end) =>
        f.loop((again) => {
          f.set(found, i32.add(found, 1))
          f.brIf(end, i32.eqz(i32.remS(found, of)))
          f.br(again)
        }),
      )
      return found
    },
    exported,
  )
  module.function(
    'multiple',
    { of: 'f32', count: 'i32' },
    'f32',
    (f, { of, count }) => {
      const result = f.let(f32.const(0))
      f.times(count, () => f.set(result, f32.add(result, of)))
      return result
    },
    exported,
  )
  module.function(
    'kind',
    { x: 'f32' },
    'f32',
    (f, { x }) => {
      const result = f.local('f32')
      f.if(
        f32.ne(x, x),
        () => f.set(result, -1),
        () => f.set(result, f32.select(f32.ne(x, 0), 1, 0)),
      )
      return result
    },
    exported,
  )
  module.procedure(
    'fillAndCopy',
    { at: 'i32' },
    (f, { at }) => {
      f.do(memoryFill(at, 7, 5), memoryCopy(i32.add(at, 8), at, 4))
      f.if(i32.eqz(at), () => f.return())
      f.do(i32.store8(at, 9))
    },
    exported,
  )
  module.procedure(
    'blend',
    { a: 'i32', b: 'i32', out: 'i32' },
    (f, { a, b, out }) => {
      const x = f.let(v128.load(a))
      const y = f.let(v128.load(b))
      f.do(
        v128.store(out, v128.bitselect(x, y, i32x4.const(-1, 0, -1, 0))),
        v128.store(out, i32x4.shuffle(x, y, 3, 7, 0, 4), 16),
        v128.store32Lane(out, f32x4.sub(x, y), 2, 32),
      )
    },
    exported,
  )
  return module
}

type ControlExports = {
  sumOfSquares(from: number, to: number): number
  firstMultiple(of: number, above: number): number
  multiple(of: number, count: number): number
  kind(x: number): number
  fillAndCopy(at: number): void
  blend(a: number, b: number, out: number): void
}

function run(memory: WebAssembly.Memory, shared: boolean): ControlExports {
  const module = new WebAssembly.Module(controlModule(shared).bytes())
  return new WebAssembly.Instance(module, { env: { memory } }).exports as ControlExports
}

test('control flow, calls and memory do what they say', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const control = run(memory, false)
  expect(control.sumOfSquares(1, 6)).toBe(1 + 9 + 25)
  expect(control.sumOfSquares(6, 6)).toBe(0)
  expect(control.firstMultiple(7, 30)).toBe(35)
  expect(control.multiple(1.5, 3)).toBe(4.5)
  expect(control.multiple(1.5, 0)).toBe(0)
  expect([Number.NaN, 0, 5].map(control.kind)).toEqual([-1, 0, 1])
  control.fillAndCopy(64)
  expect([...new Uint8Array(memory.buffer, 64, 13)]).toEqual([
    9, 7, 7, 7, 7, 0, 0, 0, 7, 7, 7, 7, 0,
  ])
  new Float32Array(memory.buffer, 128, 8).set([1, 2, 3, 4, 10, 20, 30, 40])
  control.blend(128, 144, 160)
  const blended = new Float32Array(memory.buffer, 160, 10)
  expect([...blended]).toEqual([1, 20, 3, 40, 4, 40, 1, 10, -27, 0])
})

test('a module for shared memory accepts a shared memory', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true })
  expect(run(memory, true).multiple(2, 5)).toBe(10)
})

test('a name section carries the names of the module and its functions', () => {
  const module = new WebAssembly.Module(controlModule(false).bytes())
  const names = WebAssembly.Module.customSections(module, 'name').map((s) =>
    new TextDecoder().decode(s),
  )
  expect(names.join()).toContain('control')
  expect(names.join()).toContain('sumOfSquares')
})

test('LEB128 at the edges of its lengths', () => {
  expect(unsignedLeb(0)).toEqual([0])
  expect(unsignedLeb(127)).toEqual([0x7f])
  expect(unsignedLeb(128)).toEqual([0x80, 1])
  expect(unsignedLeb(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
  expect(signedLeb(63)).toEqual([0x3f])
  expect(signedLeb(64)).toEqual([0xc0, 0])
  expect(signedLeb(-64)).toEqual([0x40])
  expect(signedLeb(-65)).toEqual([0xbf, 0x7f])
  expect(signedLeb(-(2 ** 31))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78])
})
