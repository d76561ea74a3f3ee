// Drawn digits: same pictures for the same seed, balanced, within the frame, and told apart by a simple rule.
import { describe, expect, it } from 'vitest'
import { drawDigits } from '../../src/data/digits.ts'

const picture = (
  set: { images: Uint8Array; height: number; width: number },
  at: number,
): Uint8Array => set.images.subarray(at * set.height * set.width, (at + 1) * set.height * set.width)

describe('drawDigits', () => {
  it('draws picture k of a seed alike, however many are drawn and from wherever', () => {
    const many = drawDigits({ count: 60, seed: 3 })
    const few = drawDigits({ count: 25, seed: 3 })
    const later = drawDigits({ count: 35, seed: 3, first: 25 })
    expect([...few.labels, ...later.labels]).toEqual([...many.labels])
    expect(Buffer.concat([few.images, later.images]).equals(many.images)).toBe(true)
    expect(Buffer.from(drawDigits({ count: 60, seed: 4 }).images).equals(many.images)).toBe(false)
  })

  it('draws each digit once in every ten, in changing order', () => {
    const { labels } = drawDigits({ count: 200, seed: 1, size: 8 })
    const orders = new Set<string>()
    for (let start = 0; start < 200; start += 10) {
      const ten = labels.slice(start, start + 10)
      orders.add(ten.join(''))
      expect([...ten].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
    expect(orders.size).toBe(20)
  })

  it('keeps its pictures to the last bit, on every platform', () => {
    const { images, labels } = drawDigits({ count: 50, seed: 7 })
    // FNV-1a over all bytes.
    const hash = images.reduce((h, byte) => Math.imul(h ^ byte, 0x01000193), 0x811c9dc5) >>> 0
    expect({
      hash: hash.toString(16),
      labels: labels.slice(0, 10).join(''),
    }).toMatchInlineSnapshot(`
      {
        "hash": "824cb6ed",
        "labels": "9715362840",
      }
    `)
  })

  it('leaves ink inside and paper around, at every size', () => {
    for (const size of [8, 28, 65]) {
      const set = drawDigits({ count: 40, seed: 5, size })
      expect([set.count, set.height, set.width, set.images.length]).toEqual([
        40,
        size,
        size,
        40 * size * size,
      ])
      for (let at = 0; at < set.count; at++) {
        const image = picture(set, at)
        const ink = image.reduce((sum, value) => sum + value, 0) / image.length / 255
        expect(ink).toBeGreaterThan(0.03)
        expect(ink).toBeLessThan(0.4)
        const rim: number[] = []
        for (let place = 0; place < size; place++)
          for (const pixel of [
            place,
            size * (size - 1) + place,
            place * size,
            place * size + size - 1,
          ])
            rim.push(image[pixel]!)
        // At 8 pixels the rim is an eighth of the width, so strokes reach it.
        if (size >= 28) expect(Math.max(...rim)).toBeLessThan(128)
      }
    }
  })

  it('draws the same lines at another size: a large picture, shrunk, resembles the small one', () => {
    const small = drawDigits({ count: 20, seed: 9, size: 28 })
    const large = drawDigits({ count: 20, seed: 9, size: 112 })
    for (let at = 0; at < 20; at++) {
      const shrunk = new Float64Array(784)
      picture(large, at).forEach((value, pixel) => {
        const row = Math.floor(pixel / 112 / 4)
        shrunk[row * 28 + Math.floor((pixel % 112) / 4)]! += value / 16
      })
      const away = picture(small, at).reduce(
        (sum, v, pixel) => sum + Math.abs(v - shrunk[pixel]!),
        0,
      )
      expect(away / 784).toBeLessThan(16)
    }
  })

  it('varies, yet the nearest of 2,000 others mostly shows the same digit', () => {
    const known = drawDigits({ count: 2000, seed: 21, size: 14 })
    const asked = drawDigits({ count: 200, seed: 22, size: 14 })
    let right = 0
    for (let at = 0; at < asked.count; at++) {
      const image = picture(asked, at)
      let nearest = -1
      let least = Number.POSITIVE_INFINITY
      for (let other = 0; other < known.count; other++) {
        const against = picture(known, other)
        let away = 0
        for (let pixel = 0; pixel < image.length; pixel++)
          away += (image[pixel]! - against[pixel]!) ** 2
        if (away < least) {
          least = away
          nearest = other
        }
      }
      expect(least).toBeGreaterThan(0)
      if (known.labels[nearest] === asked.labels[at]) right += 1
    }
    // Ten in a hundred by chance; not all, or the digits would be all alike.
    expect(right / asked.count).toBeGreaterThan(0.85)
    expect(right / asked.count).toBeLessThan(1)
  })

  it('draws none when asked for none', () => {
    expect(drawDigits({ count: 0, seed: 1 }).images.length).toBe(0)
  })

  it.each([
    [
      { count: -1, seed: 1 },
      'drawDigits: count must be a whole number from 0 to 4294967295, got -1',
    ],
    [{ count: 1.5, seed: 1 }, 'got 1.5'],
    [
      { count: 1 },
      'drawDigits: seed must be a whole number from 0 to 9007199254740991, got undefined',
    ],
    [
      { count: 1, seed: 1, size: 4 },
      'drawDigits: size must be a whole number from 8 to 512, got 4',
    ],
    [{ count: 1, seed: 1, first: Number.NaN }, 'drawDigits: first must be'],
    [{ count: 4e9, seed: 1 }, 'drawDigits: count must leave at most 2147483648 bytes of pictures'],
    [
      { count: 1, seed: 1, sise: 9 },
      "drawDigits: option 'sise' is unknown (known are count, seed, size, first), got 9; did you mean 'size'?",
    ],
  ])('refuses %j', (options, message) => {
    expect(() => drawDigits(options as never)).toThrow(message)
  })
})
