/**
 * Logarithm, sine and cosine from additions, multiplications, divisions and square roots alone. IEEE 754 fixes
 * those to the last bit, while `Math.log` and `Math.cos` may differ between engines; so draws that pass
 * through here are the same numbers everywhere. Minimax coefficients of fdlibm (Sun Microsystems, 1993).
 */

const ln2High = 0.6931471803691238
const ln2Low = 1.9082149292705877e-10

/** ln(x) for a positive normal x, within about one unit in the last place. */
export function logarithm(x: number): number {
  // x = 2^exponent · m with m in [√½, √2); then ln m = 2·artanh(s) with s = (m − 1) / (m + 1).
  pun[0] = x
  const bits = punWords[highWord]!
  let exponent = (bits >>> 20) - 1023
  punWords[highWord] = (bits & 0xfffff) | 0x3ff00000
  let m = pun[0]!
  if (m >= Math.SQRT2) {
    m /= 2
    exponent += 1
  }
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const odd =
    z *
    (0.6666666666666735 +
      w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const half = (f * f) / 2
  return exponent * ln2High - (half - (s * (half + odd + even) + exponent * ln2Low) - f)
}

const pun = new Float64Array(1)
const punWords = new Uint32Array(pun.buffer)
pun[0] = 1
/** Where the exponent lies: 1.0 has its only set bits in the high word. */
const highWord = punWords[1] === 0 ? 0 : 1

/** cos(2π·turn), for a turn in [0, 1). */
export function cosineOfTurn(turn: number): number {
  const quarter = Math.floor(4 * turn + 0.5)
  const angle = (turn - quarter / 4) * twoPi
  switch (quarter & 3) {
    case 0:
      return cosineKernel(angle)
    case 1:
      return -sineKernel(angle)
    case 2:
      return -cosineKernel(angle)
    default:
      return sineKernel(angle)
  }
}

/** sin(2π·turn), for a turn in [0, 1). */
export function sineOfTurn(turn: number): number {
  const quarter = Math.floor(4 * turn + 0.5)
  const angle = (turn - quarter / 4) * twoPi
  switch (quarter & 3) {
    case 0:
      return sineKernel(angle)
    case 1:
      return cosineKernel(angle)
    case 2:
      return -sineKernel(angle)
    default:
      return -cosineKernel(angle)
  }
}

const twoPi = 2 * Math.PI

/** sin(x) for |x| ≤ π/4. */
function sineKernel(x: number): number {
  const z = x * x
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  return x + z * x * (-0.16666666666666632 + z * r)
}

/** cos(x) for |x| ≤ π/4. */
function cosineKernel(x: number): number {
  const z = x * x
  const r =
    0.0416666666666666 +
    z *
      (-0.001388888888887411 +
        z *
          (2.480158728947673e-5 +
            z *
              (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))))
  const half = z / 2
  const whole = 1 - half
  return whole + (1 - whole - half + z * z * r)
}

/** eˣ, within about one unit in the last place; 0 and ∞ beyond what a number can hold. */
export function exponential(x: number): number {
  if (x > 709.78) return Number.POSITIVE_INFINITY
  if (x < -745.13) return 0
  // x = k·ln 2 + r with |r| ≤ ½ ln 2; then eʳ = 1 + 2r / (R(r) − r) with R even.
  const k = Math.round(x / Math.LN2)
  const high = x - k * ln2High
  const low = k * ln2Low
  const r = high - low
  const z = r * r
  const c =
    r -
    z *
      (0.16666666666666602 +
        z *
          (-0.0027777777777015593 +
            z * (6.613756321437934e-5 + z * (-1.6533902205465252e-6 + z * 4.1381367970572385e-8))))
  const power = 1 - (low - (r * c) / (2 - c) - high)
  // In two steps, since 2ᵏ alone may be beyond the range.
  const half = Math.trunc(k / 2)
  return power * powerOfTwo(half) * powerOfTwo(k - half)
}

/** 2ᵏ for |k| ≤ 1022, exactly. */
function powerOfTwo(k: number): number {
  pun[0] = 1
  punWords[highWord] = (k + 1023) << 20
  return pun[0]!
}
