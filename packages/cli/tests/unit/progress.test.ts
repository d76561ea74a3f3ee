// The progress display: a bar that fits on a live terminal, plain lines every few seconds elsewhere.
import { describe, expect, it } from 'vitest'
import { bare, columnsOf } from '../../src/terminal/colour.ts'
import { startProgress } from '../../src/terminal/progress.ts'
import { openTerminal } from '../../src/terminal/terminal.ts'

function display(stream: { isTTY?: boolean; columns?: number }, environment = {}) {
  let printed = ''
  let time = 0
  const write = (text: string): boolean => {
    printed += text
    return true
  }
  const terminal = openTerminal({ ...stream, write }, environment)
  const progress = startProgress(terminal, { unit: 'images', now: () => time })
  const wait = (seconds: number): void => {
    time += 1000 * seconds
  }
  return {
    progress,
    wait,
    printed: () => printed,
  }
}

const standing = (done: number) => ({
  label: 'epoch 1/3',
  done,
  total: 1000,
  later: 2000,
  figures: ['loss 0.123', 'accuracy 96.2 %'],
})

describe('a live terminal', () => {
  it.each([40, 60, 80, 120, 200])('fits into %i columns', (columns) => {
    const { progress, wait, printed } = display({ isTTY: true, columns })
    for (const done of [100, 200, 300]) {
      progress.update(standing(done))
      wait(1)
    }
    const frames = printed().split('\r').slice(1).map(bare)
    expect(frames).toHaveLength(3)
    for (const frame of frames) expect(columnsOf(frame)).toBeLessThan(columns)
    expect(frames[2]).toContain('epoch 1/3')
    expect(frames[2]).toContain('30 %')
    if (columns >= 80)
      expect(frames[2]).toMatch(/━+─+ .*loss 0.123 .*accuracy 96.2 % .*27 s left .*100/)
  })

  it('hides the cursor while it is there and gives it back', () => {
    const { progress, printed } = display({ isTTY: true, columns: 80 })
    progress.update(standing(100))
    progress.end()
    progress.end()
    expect(printed().split('\u001b[?25l')).toHaveLength(2)
    expect(printed().split('\u001b[?25h')).toHaveLength(2)
    expect(printed().endsWith('\u001b[K\u001b[?25h')).toBe(true)
  })

  it('draws no more often than an eye can see', () => {
    const { progress, wait, printed } = display({ isTTY: true, columns: 80 })
    for (let done = 0; done < 100; done++) {
      progress.update(standing(done))
      wait(0.01)
    }
    expect(printed().split('\r').length - 1).toBeLessThanOrEqual(13)
  })

  it('has no colour with NO_COLOR', () => {
    const { progress, printed } = display({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })
    progress.update(standing(100))
    expect(printed()).not.toMatch(/\[\d+m/)
  })
})

describe('a pipe', () => {
  it('gets a line every few seconds, without escape codes', () => {
    const { progress, wait, printed } = display({})
    for (let done = 0; done <= 1000; done += 10) {
      progress.update(standing(done))
      wait(0.2)
    }
    progress.line('epoch 1/3 done')
    progress.end()
    const lines = printed().trimEnd().split('\n')
    expect(lines).toHaveLength(5)
    expect(lines[0]).toMatch(
      /^epoch 1\/3 {3}\d+ % {2}loss 0.123 {2}accuracy 96.2 % {2}\d+ s left {2}50 images\/s$/,
    )
    expect(lines.at(-1)).toBe('epoch 1/3 done')
    expect(bare(printed())).toBe(printed())
    expect(printed()).not.toContain('\r')
  })
})
