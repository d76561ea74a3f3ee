// Whole numbers as real ones: the kernel against typed arrays, for every remainder of a vector.
import { expect, test } from 'vitest'
import { convertModule } from '../../src/engine/wasm/kernels/index.ts'
import { cast, setThreads, tensor } from '../../src/index.ts'
import { Arena, randomNumbers } from './wasmArena.ts'

const arrays = { i32: Int32Array, u8: Uint8Array } as const

test.each(['i32', 'u8'] as const)('the kernel reads and writes so many elements: %s', (from) => {
  const random = randomNumbers(7)
  for (const count of [0, 1, 2, 3, 4, 5, 7, 16, 8191, 8192, 8195, 20_003]) {
    const numbers = Array.from({ length: count }, () => (random() - 0.5) * 2 ** 32)
    const data = arrays[from].from(numbers)
    const arena = new Arena()
    const input = arena.put(data, 4)
    const output = arena.output(new Float32Array(count), 4)
    const kernel = arena.load(convertModule({ from, sharedMemory: false, relaxed: false }))
    arena.guarded(() => kernel.run(count, input, output))
    expect(arena.float32(output, count)).toEqual(Float32Array.from(data))
  }
})

test.each([1, 2])(
  'casts of whole numbers alone are those of typed arrays, %i threads',
  async (n) => {
    setThreads(n)
    const bytes = Uint8Array.from({ length: 40_001 }, (_, i) => i)
    expect(await cast(tensor(bytes), 'float32').data()).toEqual(Float32Array.from(bytes))
    const words = Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 16_777_217, -5, 0)
    expect(await cast(tensor(words), 'float32').data()).toEqual(Float32Array.from(words))
    expect(await cast(tensor(words), 'float64').data()).toEqual(Float64Array.from(words))
    setThreads(1)
  },
)
