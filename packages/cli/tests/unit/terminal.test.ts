// Tables, pictures, numbers in words, and command lines that can be typed.
import { describe, expect, it } from 'vitest'
import { commandLine } from '../../src/invocation.ts'
import { columnsOf, paints, wantsColour } from '../../src/terminal/colour.ts'
import { drawPicture, drawRow, picturesBeside } from '../../src/terminal/digits.ts'
import { table } from '../../src/terminal/table.ts'
import { count, duration, percent, plural, wrap } from '../../src/terminal/wording.ts'

describe('table', () => {
  it('aligns columns and counts no escape codes', () => {
    const { accent } = paints(true)
    const lines = table(
      [{ heading: 'name' }, { heading: 'size', align: 'right' }],
      [
        [accent('a'), '7'],
        ['longer', '1234'],
      ],
    )
    expect(lines.map(columnsOf)).toEqual([12, 12, 12])
    expect(lines[2]).toBe('longer  1234')
    expect(lines[0]).toBe('name    size')
  })
})

describe('colour', () => {
  it.each([
    [{ isTTY: true, environment: {} }, true],
    [{ isTTY: false, environment: {} }, false],
    [{ isTTY: true, environment: { NO_COLOR: '1' } }, false],
    [{ isTTY: true, environment: { NO_COLOR: '' } }, true],
    [{ isTTY: true, environment: { TERM: 'dumb' } }, false],
  ])('%o', (question, answer) => {
    expect(wantsColour(question)).toBe(answer)
  })
})

describe('pictures', () => {
  it('sets a dot for every pixel with ink', () => {
    const pixels = new Uint8Array(4 * 4)
    pixels[0] = 255
    pixels[4 + 1] = 200
    pixels[15] = 255
    pixels[2] = 50
    expect(drawPicture({ pixels, height: 4, width: 4 })).toEqual([
      String.fromCharCode(0x2800 + 0x01 + 0x10) + String.fromCharCode(0x2800 + 0x80),
    ])
  })

  it('takes pictures whose sides are no multiples of a character', () => {
    const pixels = new Uint8Array(5 * 3).fill(255)
    const lines = drawPicture({ pixels, height: 5, width: 3 })
    expect(lines).toEqual(['⣿⡇', '⠉⠁'])
  })

  it('stands them beside each other with captions below', () => {
    const pixels = new Uint8Array(4 * 8).fill(255)
    const picture = { pixels, height: 4, width: 8 }
    expect(drawRow([picture, picture], ['a', 'bb'])).toEqual(['⣿⣿⣿⣿  ⣿⣿⣿⣿', ' a     bb'])
    expect(picturesBeside(28, 80)).toBe(5)
    expect(picturesBeside(28, 10)).toBe(1)
  })
})

describe('words', () => {
  it('writes numbers as a reader wants them', () => {
    expect(count(61_706)).toBe('61,706')
    expect(percent(0.98765)).toBe('98.77 %')
    expect(plural(1, 'step')).toBe('1 step')
    expect(plural(2000, 'step')).toBe('2,000 steps')
    expect([0, 7, 59.6, 60, 3599, 3661, Number.NaN].map(duration)).toEqual([
      '0 s',
      '7 s',
      '1:00',
      '1:00',
      '59:59',
      '1:01:01',
      '–',
    ])
  })

  it('breaks lines at blanks', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four'])
    expect(wrap('incomprehensible', 5)).toEqual(['incomprehensible'])
  })

  it('quotes what a shell would take apart', () => {
    const line = commandLine(['train', '--out', "a b's.safetensors", '--seed', '7'])
    expect(line.replace(/^npx /, '')).toBe("striate train --out 'a b'\\''s.safetensors' --seed 7")
  })
})
