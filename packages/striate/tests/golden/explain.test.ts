// The arithmetic of a cell and its drawing, letter for letter.
import { describe, expect, it } from 'vitest'
import { type ConvolutionSpec, cellText, drawCell, explainCell } from '../../src/explain/index.ts'

interface Golden {
  readonly title: string
  readonly spec: ConvolutionSpec
  readonly channel: number
  readonly position: readonly number[]
  readonly text: string
  readonly drawing: string
}

const goldens: readonly Golden[] = [
  {
    title: 'the first cell of a line, half on its padding',
    spec: {
      input: [1, 6],
      kernelSize: 3,
      padding: 1,
      x: [1, 2, 3, 4, 5, 6],
      weight: [2, 2, 2],
      bias: false,
    },
    channel: 0,
    position: [0],
    text: `
y[0, 0] of conv1d is output channel 0 at position 0. Its window reads positions
0 and 1 of input channel 0. Of its 3 taps 2 are on input cells, 1 on padding
(zeros). There is no bias.

y[0, 0] = Σ_c Σ_k x[c, 0·1 − 1 + k·1] · w[0, c, k]
          for k = 0 … 2

y[0, 0] = 1·2 + 2·2 = 6

channel  kernel  input            x  w  product  sum
────────────────────────────────────────────────────
      0       0     −1  0 (padding)  2        0    0
      0       1      0  1            2        2    2
      0       2      1  2            2        4    6`,
    drawing: `
x, channel 0
    −1    0    1    2    3    4    5    6
  ┏━━━━┯━━━━┯━━━━┱────┬────┬────┬────┐
x ┃ (0)│  1 │  2 ┃  3 │  4 │  5 │  6 │ (0)
  ┗━━━━┷━━━━┷━━━━┹────┴────┴────┴────┘
w    2    2    2

y, channel 0: y[0, 0] = 6
          0    1    2    3    4    5
       ┏━━━━┱────┬────┬────┬────┬────┐
y      ┃  6 ┃ 12 │ 18 │ 24 │ 30 │ 22 │
       ┗━━━━┹────┴────┴────┴────┴────┘

heavy frame: y[0, 0] and the cells that it reads; (0) padding`,
  },
  {
    title: 'a dilated window in a group, over an input that is mirrored',
    spec: {
      input: [2, 4],
      kernelSize: 3,
      outChannels: 2,
      groups: 2,
      padding: 2,
      dilation: 2,
      paddingMode: 'reflect',
      x: [1, 2, 3, 4, 5, 6, 7, 8],
      weight: [1, -1, 2, 3, 0, -2],
      bias: [5, -1],
    },
    channel: 1,
    position: [0],
    text: `
y[1, 0] of conv1d is output channel 1 at position 0. Its window reads positions
0 and 2 of input channel 1 (group 1 of groups 0 to 1). Of its 3 taps 2 are on
input cells, 1 on padding (reflect: input cells again). The bias is −1.

y[1, 0] = b[1] + Σ_c Σ_k x[c, 0·1 − 2 + k·2] · w[1, c − 1, k]
          for c = 1, k = 0 … 2

y[1, 0] = −1 + 7·3 + 5·0 + 7·(−2) = 6

channel  kernel   input            x   w  product  sum
──────────────────────────────────────────────────────
                                             bias   −1
      1       0  −2 → 2  7 (padding)   3       21   20
      1       1       0  5             0        0   20
      1       2       2  7            −2      −14    6`,
    drawing: `
x, channel 1: gives 7
    −2   −1    0    1    2    3    4    5
  ┏━━━━┓    ┏━━━━┱────┲━━━━┱────┐
x ┃ (7)┃ (6)┃  5 ┃  6 ┃  7 ┃  8 │ (7)  (6)
  ┗━━━━┛    ┗━━━━┹────┺━━━━┹────┘
w    3         0        −2

y, channel 1, bias −1: y[1, 0] = 6
               0    1    2    3
            ┏━━━━┱────┬────┬────┐
y           ┃  6 ┃  1 │  0 │  5 │
            ┗━━━━┹────┴────┴────┘

heavy frame: y[1, 0] and the cells that it reads; ( ) padding, reflect`,
  },
  {
    title: 'a transposed convolution with channels last',
    spec: {
      input: [2, 2, 1],
      kernelSize: 3,
      stride: 2,
      padding: 1,
      outputPadding: 1,
      transposed: true,
      layout: 'channels-last',
      x: [1, 2, 3, 4],
      weight: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      bias: [1],
    },
    channel: 0,
    position: [1, 2],
    text: `
y[1, 2, 0] of convTranspose2d is output channel 0 at row 1, column 2. Its window
reads rows 0 and 1, column 1 of input channel 0. Of its 9 taps 2 are on input
cells, 7 between input cells, where there is nothing. The bias is 1.

y[1, 2, 0] = b[0] + Σ_c Σ_kh Σ_kw
             x[(1 + 1 − kh·1) / 2, (2 + 1 − kw·1) / 2, c]
             · w[c, 0, kh, kw]
             for kh = 0 … 2, kw = 0 … 2, where the divisions are exact

y[1, 2, 0] = 1 + 2·8 + 4·2 = 25

channel  kernel  input         x  w  product  sum
─────────────────────────────────────────────────
                                        bias    1
      0    2, 2      —  no input  9             1
      0    2, 1   0, 1         2  8       16   17
      0    2, 0      —  no input  7            17
      0    1, 2      —  no input  6            17
      0    1, 1      —  no input  5            17
      0    1, 0      —  no input  4            17
      0    0, 2      —  no input  3            17
      0    0, 1   1, 1         4  2        8   25
      0    0, 0      —  no input  1            25`,
    drawing: `
x, channel 0
        0       1       2
    ·   ·   ·   ·   ·   ·       w[0, 0] turned round
      ┌───┲━━━┯━━━┯━━━┓         ┌───┬───┬───┐
0   · │ 1 ┃ · │ 2 │ · ┃(0)      │ 9 │ 8 │ 7 │
      └───╂───┼───┼───┨         ├───┼───┼───┤
    ·   · ┃ · │ · │ · ┃ ·    ⊙  │ 6 │ 5 │ 4 │         =  24
      ┌───╂───┼───┼───┨         ├───┼───┼───┤
1   · │ 3 ┃ · │ 4 │ · ┃(0)      │ 3 │ 2 │ 1 │
      └───┺━━━┷━━━┷━━━┛         └───┴───┴───┘
    ·   ·   ·   ·   ·   ·

2   ·  (0)  ·  (0)  ·  (0)

y, channel 0
     0    1    2    3
  ┌────┬────┬────┬────┐
0 │  6 │ 15 │ 11 │ 13 │
  ├────┼────╆━━━━╅────┤
1 │ 15 │ 37 ┃ 25 ┃ 31 │     y[1, 2, 0] = 1 + 24 = 25
  ├────┼────╄━━━━╃────┤
2 │ 16 │ 35 │ 21 │ 25 │
  ├────┼────┼────┼────┤
3 │ 25 │ 56 │ 33 │ 37 │
  └────┴────┴────┴────┘

heavy frame: y[1, 2, 0] and the cells that it reads; (0) padding;
· no input between cells`,
  },
  {
    title: 'a volume',
    spec: {
      input: [1, 3, 2, 2],
      kernelSize: 2,
      x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      weight: [1, 0, -1, 1, 2, 0, 0, -2],
      bias: false,
    },
    channel: 0,
    position: [1, 0, 0],
    text: `
y[0, 1, 0, 0] of conv3d is output channel 0 at depth 1, row 0, column 0. Its
window reads depths 1 and 2, rows 0 and 1, columns 0 and 1 of input channel 0.
All of its 8 taps are on input cells. There is no bias.

y[0, 1, 0, 0] = Σ_c Σ_kd Σ_kh Σ_kw
                x[c, 1·1 − 0 + kd·1, 0·1 − 0 + kh·1, 0·1 − 0 + kw·1]
                · w[0, c, kd, kh, kw]
                for kd = 0 … 1, kh = 0 … 1, kw = 0 … 1

y[0, 1, 0, 0] = 5·1 + 6·0 + 7·(−1) + 8·1 + 9·2 + 10·0 + 11·0 + 12·(−2) = 0

channel   kernel    input   x   w  product  sum
───────────────────────────────────────────────
      0  0, 0, 0  1, 0, 0   5   1        5    5
      0  0, 0, 1  1, 0, 1   6   0        0    5
      0  0, 1, 0  1, 1, 0   7  −1       −7   −2
      0  0, 1, 1  1, 1, 1   8   1        8    6
      0  1, 0, 0  2, 0, 0   9   2       18   24
      0  1, 0, 1  2, 0, 1  10   0        0   24
      0  1, 1, 0  2, 1, 0  11   0        0   24
      0  1, 1, 1  2, 1, 1  12  −2      −24    0`,
    drawing: `
x, channel 0
depth 0       depth 1       depth 2
    0   1         0   1          0    1
  ┌───┬───┐     ┏━━━┯━━━┓     ┏━━━━┯━━━━┓
0 │ 1 │ 2 │   0 ┃ 5 │ 6 ┃   0 ┃  9 │ 10 ┃
  ├───┼───┤     ┠───┼───┨     ┠────┼────┨
1 │ 3 │ 4 │   1 ┃ 7 │ 8 ┃   1 ┃ 11 │ 12 ┃
  └───┴───┘     ┗━━━┷━━━┛     ┗━━━━┷━━━━┛
              ⊙             ⊙
              w[0, 0]       w[0, 0]
              ┌────┬────┐   ┌────┬────┐
              │  1 │  0 │   │  2 │  0 │
              ├────┼────┤   ├────┼────┤
              │ −1 │  1 │   │  0 │ −2 │
              └────┴────┘   └────┴────┘
              = 6           = −6

y, channel 0: y[0, 1, 0, 0] = 0
depth 0    depth 1
     0         0
  ┌────┐     ┏━━━┓
0 │ −4 │   0 ┃ 0 ┃
  └────┘     ┗━━━┛

heavy frame: y[0, 1, 0, 0] and the cells that it reads`,
  },
]

describe('an explained cell', () => {
  for (const { title, spec, channel, position, text, drawing } of goldens) {
    it(`in words and numbers: ${title}`, () => {
      expect(`\n${cellText(explainCell(spec, channel, position))}`).toBe(text)
    })

    it(`in a drawing: ${title}`, () => {
      expect(`\n${drawCell(spec, channel, position)}`).toBe(drawing)
    })
  }

  it('with a limit says how many rows it leaves out', () => {
    const spec = { input: [1, 3, 3], kernelSize: 3, bias: false, x: [1, 2, 3, 4, 5, 6, 7, 8, 9] }
    const cell = explainCell({ ...spec, weight: [1, 1, 1, 1, 1, 1, 1, 1, 1] }, 0, [0, 0])
    expect(cellText(cell, { limit: 2 }).split('\n').slice(-4)).toEqual([
      '──────────────────────────────────────────',
      '      0    0, 0   0, 0  1  1        1    1',
      '      0    0, 1   0, 1  2  1        2    3',
      '… 7 rows more',
    ])
  })

  it('of real numbers says that they are rounded in print', () => {
    const spec = { input: [1, 2], kernelSize: 2, x: [1 / 3, 2e-5], weight: [0.1, 12345678.5] }
    const cell = explainCell({ ...spec, bias: [1e9] }, 0, [0])
    const text = cellText(cell)
    expect(text).toContain('0.3333·0.1 + 2.000e−5·1.235e+7')
    expect(text).toContain('Numbers are printed to four decimals and summed as they are.')
    expect(cell.y).toBe(1e9 + (1 / 3) * 0.1 + 2e-5 * 12345678.5)
    expect(drawCell({ ...spec, bias: false }, 0, [0])).toContain('numbers to two decimals')
  })

  it('that does not fit is cut off, and says so', () => {
    const spec = { input: [9, 200, 300], kernelSize: 3, dilation: 20, padding: 20, bias: false }
    const drawing = drawCell(spec, 0, [100, 150])
    expect(drawing).toContain('… cells left out: the numbers beside say which are shown')
    expect(drawing).toMatch(/8 more channels not drawn, adding −?\d+/)
    for (const row of [80, 100, 120]) expect(drawing).toMatch(new RegExp(`^ *${row} `, 'm'))
    for (const column of [130, 150, 170]) expect(drawing).toContain(String(column))
    expect(drawing.split('\n').length).toBeLessThanOrEqual(48)
  })
})
