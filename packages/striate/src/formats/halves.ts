/** Floats of 16 bits: IEEE 754 binary16, and bfloat16, which is the upper half of a float32. */

/** Called with the index of the first number whose magnitude the type cannot hold; must throw. */
export type TooLarge = (index: number) => never

const singleBits = new Uint32Array(1)
const single = new Float32Array(singleBits.buffer)

/** One sign bit, five of exponent, ten of fraction. */
export function fromHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length)
  const bits = new Uint32Array(values.buffer)
  for (let at = 0; at < halves.length; at++) {
    const half = halves[at]!
    const sign = (half & 0x8000) << 16
    const exponent = (half >>> 10) & 31
    const fraction = half & 0x3ff
    if (exponent === 31) bits[at] = sign | 0x7f800000 | (fraction << 13)
    else if (exponent > 0) bits[at] = sign | ((exponent + 112) << 23) | (fraction << 13)
    else values[at] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24
  }
  return values
}

export function fromBrain(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length)
  for (let at = 0; at < halves.length; at++) bits[at] = halves[at]! << 16
  return new Float32Array(bits.buffer)
}

/** Numbers rounded to the nearest half, ties to the even one; float64 goes through float32, as in PyTorch. */
export function toHalf(
  numbers: Float32Array | Float64Array,
  tooLarge: TooLarge,
): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(numbers.length)
  for (let at = 0; at < halves.length; at++) {
    const number = numbers[at]!
    single[0] = number
    const bits = singleBits[0]!
    const sign = (bits >>> 16) & 0x8000
    const magnitude = bits & 0x7fffffff
    if (magnitude > 0x7f800000) halves[at] = sign | 0x7e00 | ((bits >>> 13) & 0x1ff)
    else if (magnitude < 0x38800000) {
      // Below 2⁻¹⁴ halves are whole multiples of 2⁻²⁴.
      halves[at] = sign | roundEven(Math.abs(single[0]!) * 2 ** 24)
    } else {
      // Half of the last bit that stays, less one where that bit is even; a carry goes into the exponent.
      const half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13
      if (half >= 0x7c00 && Number.isFinite(number)) tooLarge(at)
      halves[at] = sign | Math.min(half, 0x7c00)
    }
  }
  return halves
}

/** Numbers rounded to the nearest bfloat16, ties to the even one. */
export function toBrain(
  numbers: Float32Array | Float64Array,
  tooLarge: TooLarge,
): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(numbers.length)
  for (let at = 0; at < halves.length; at++) {
    const number = numbers[at]!
    single[0] = number
    const bits = singleBits[0]!
    if (Number.isNaN(number)) halves[at] = (bits >>> 16) | 0x40
    else {
      const half = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
      if ((half & 0x7fff) >= 0x7f80 && Number.isFinite(number)) tooLarge(at)
      halves[at] = half
    }
  }
  return halves
}

/** float64 to float32, refusing what would become infinite. */
export function toSingle(
  numbers: Float32Array | Float64Array,
  tooLarge: TooLarge,
): Float32Array<ArrayBuffer> {
  const singles = Float32Array.from(numbers)
  for (let at = 0; at < singles.length; at++)
    if (Math.abs(singles[at]!) === Number.POSITIVE_INFINITY && Number.isFinite(numbers[at]!))
      tooLarge(at)
  return singles
}

function roundEven(number: number): number {
  const below = Math.floor(number)
  const rest = number - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}
