/** The binary encodings of the WebAssembly format: LEB128 integers, floats, names and vectors. */

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)
  return bytes
}

export function signedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
    bytes.push(done ? low : low | 0x80)
    if (done) return bytes
  }
}

export function float32Bytes(value: number): number[] {
  return Array.from(new Uint8Array(new Float32Array([value]).buffer))
}

export function nameBytes(name: string): number[] {
  return sized(Array.from(new TextEncoder().encode(name)))
}

/** Bytes preceded by their number. */
export function sized(bytes: readonly number[]): number[] {
  return unsignedLeb(bytes.length).concat(bytes)
}

/** Encoded items preceded by how many there are. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return unsignedLeb(items.length).concat(...items)
}
