/** The bytes of canaries: planting them, and finding what is broken. */
import { fail } from '../../errors.ts'

/** Bytes of pattern before and after. */
export const canaryBytes = 128

/** Differs from byte to byte and from place to place: neither zeros nor a copy of a neighbour pass for it. */
const patternAt = (address: number): number => (Math.imul(address, 0x9e3779b1) >>> 24) | 1

/** The two stretches of pattern around a place. */
const stretches = (address: number, bytes: number): readonly number[] => [
  address - canaryBytes,
  address + bytes,
]

export function plantCanaries(buffer: ArrayBufferLike, address: number, bytes: number): void {
  const all = new Uint8Array(buffer)
  for (const start of stretches(address, bytes))
    for (let at = start; at < start + canaryBytes; at++) all[at] = patternAt(at)
}

/** How far from the place the first broken byte lies (negative before it), or null if none is. */
export function brokenCanary(
  buffer: ArrayBufferLike,
  address: number,
  bytes: number,
): string | null {
  const all = new Uint8Array(buffer)
  for (const start of stretches(address, bytes)) {
    for (let at = start; at < start + canaryBytes; at++) {
      if (all[at] === patternAt(at)) continue
      return at < address
        ? `${address - at} bytes before it`
        : `${at - address - bytes} bytes after it`
    }
  }
  return null
}

/** Bytes that read as NaN. */
export function poison(buffer: ArrayBufferLike, address: number, bytes: number): void {
  new Uint8Array(buffer, address, bytes).fill(0xff)
}

/** @throws StriateError that names what was overrun, and by whom. */
export function reportBroken(step: string, what: string, where: string): never {
  fail({
    op: 'wasm engine',
    argument: `step '${step}'`,
    needs: 'must write to its own values only',
    got: `other bytes around ${what}, ${where}`,
  })
}
