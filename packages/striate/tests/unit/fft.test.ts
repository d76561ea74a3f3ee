// The generated Fourier transforms against the plain sum in float64.
import { describe, expect, it } from 'vitest'
import { type FftExports, fftModule, fftTwiddles } from '../../src/engine/wasm/kernels/fft/index.ts'
import { Arena, randomFloats, randomNumbers } from '../property/wasmArena.ts'

const target = { sharedMemory: false, relaxed: false }

/** The frequency at each place after a forward transform: its digits reversed, the last sixteen in order. */
function frequencies(size: number): number[] {
  if (size <= 16) return Array.from({ length: size }, (_, i) => i)
  const radix = Math.log2(size) % 2 === 0 ? 4 : 2
  const part = frequencies(size / radix)
  return Array.from({ length: radix }, (_, j) => part.map((each) => j + radix * each)).flat()
}

/** Where the real part of a value lies, in floats; the imaginary part lies eight behind. */
const place = (index: number): number => 16 * (index >> 3) + (index & 7)

/** Σ x[i]·e^(−2πi·f·i/n), the angles reduced first. */
function plainTransform(values: Float32Array, frequency: number): [re: number, im: number] {
  const size = values.length / 2
  let [re, im] = [0, 0]
  for (let i = 0; i < size; i++) {
    const angle = (-2 * Math.PI * ((frequency * i) % size)) / size
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const [a, b] = [values[place(i)]!, values[place(i) + 8]!]
    re += a * c - b * s
    im += a * s + b * c
  }
  return [re, im]
}

const sizes = Array.from({ length: 14 }, (_, i) => 2 ** (i + 4))

describe('the generated transform', () => {
  it.each(sizes)('of %i values gives the plain sum, and comes back', (size) => {
    const arena = new Arena()
    const given = randomFloats(randomNumbers(size), 2 * size)
    const twiddles = arena.put(fftTwiddles(size))
    const values = arena.output(given.slice(), 4)
    const { forward, back } = arena.load<FftExports>(fftModule({ ...target, size }))
    arena.guarded(() => forward(values, twiddles))
    const spectrum = arena.float32(values, 2 * size)
    const order = frequencies(size)
    // Every frequency of a small transform, a spread of them of a large one.
    const step = Math.max(1, Math.floor(size / 61))
    let [difference, largest] = [0, 0]
    for (let i = 0; i < size; i += step) {
      const [re, im] = plainTransform(given, order[i]!)
      const [gotRe, gotIm] = [spectrum[place(i)]!, spectrum[place(i) + 8]!]
      difference = Math.max(difference, Math.abs(gotRe - re), Math.abs(gotIm - im))
      largest = Math.max(largest, Math.abs(re), Math.abs(im))
    }
    expect(difference / largest).toBeLessThan(5e-7)
    arena.guarded(() => back(values, twiddles))
    const returned = arena.float32(values, 2 * size)
    const worst = given.reduce((most, x, i) => Math.max(most, Math.abs(returned[i]! / size - x)), 0)
    expect(worst).toBeLessThan(1e-6)
  })
})
