/** The 64 bits that a stream's name contributes to the counter. */
import { philox } from './philox.ts'

/** Philox as a chained compression of the name's UTF-16 units, four at a time; `''` is (0, 0). */
export function streamWords(name: string): [low: number, high: number] {
  let low = 0
  let high = 0
  const unit = (at: number): number => (at < name.length ? name.charCodeAt(at) : 0)
  for (let at = 0; at < name.length; at += 4) {
    const first = unit(at) | (unit(at + 1) << 16)
    const second = unit(at + 2) | (unit(at + 3) << 16)
    ;[low, high] = philox([low, high, first, second], [name.length, streamTag])
  }
  return [low, high]
}

/** Keeps hashing apart from drawing: 'name' in ASCII. */
const streamTag = 0x6e616d65
