// Curves in braille: where dots are, and what becomes of gaps and of many values.
import { describe, expect, it } from 'vitest'
import { plot, rangeOf } from '../../src/terminal/plot.ts'

/** The rows of dots of a plot, `#` for one that is set. */
function dots(lines: readonly string[]): string[] {
  const bits = [
    [0x01, 0x08],
    [0x02, 0x10],
    [0x04, 0x20],
    [0x40, 0x80],
  ]
  return lines.flatMap((line) =>
    bits.map((pair) =>
      [...line]
        .flatMap((character) => {
          const pattern = character === ' ' ? 0 : character.charCodeAt(0) - 0x2800
          return pair.map((bit) => ((pattern & bit!) === 0 ? '.' : '#'))
        })
        .join(''),
    ),
  )
}

describe('plot', () => {
  it('draws a rising line from corner to corner', () => {
    expect(dots(plot([0, 1], { columns: 2, lines: 1 }))).toEqual(['...#', '..#.', '.#..', '#...'])
  })

  it('joins steep steps, and keeps to a range that is told', () => {
    const steep = dots(plot([0, 0, 4, 4], { columns: 2, lines: 1, range: [0, 4] }))
    expect(steep).toEqual(['..##', '..#.', '..#.', '##..'])
    const low = dots(plot([0, 0, 0, 9], { columns: 2, lines: 1, range: [-4, 0] }))
    expect(low[0]).toBe('####')
  })

  it('draws the mean of many values, and nothing where there is none', () => {
    const many = Array.from({ length: 400 }, (_, at) => (at < 200 ? -1 : 1) + (at % 2 ? 0.1 : -0.1))
    expect(dots(plot(many, { columns: 2, lines: 1, range: [-1, 1] }))).toEqual([
      '..##',
      '..#.',
      '..#.',
      '##..',
    ])
    expect(dots(plot([1, null, null, 1], { columns: 2, lines: 1 }))[2]).toBe('#..#')
    expect(plot([], { columns: 3, lines: 1 })).toEqual(['   '])
  })

  it('knows the range of values that are finite', () => {
    expect(rangeOf([3, null, Number.NaN, -1])).toEqual([-1, 3])
    expect(rangeOf([null])).toEqual([0, 1])
  })
})
