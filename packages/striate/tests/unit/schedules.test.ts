// Schedules against PyTorch's step-by-step algorithms and documented tables.
import { describe, expect, it } from 'vitest'
import type { Schedule } from '../../src/train/schedules/index.ts'
import * as schedules from '../../src/train/schedules/index.ts'

const rates = (schedule: Schedule, base: number, count: number): number[] =>
  Array.from({ length: count }, (_, time) => schedule.rate(base, time))

const close = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length)
  for (const [at, value] of expected.entries()) expect(found[at], `at ${at}`).toBeCloseTo(value, 12)
}

describe('tables of the PyTorch documentation', () => {
  it('StepLR: 0.05 until 30, 0.005 until 60, 0.0005 until 90', () => {
    const found = rates(schedules.step({ stepSize: 30, gamma: 0.1 }), 0.05, 90)
    close(
      [found[0]!, found[29]!, found[30]!, found[59]!, found[60]!],
      [0.05, 0.05, 0.005, 0.005, 0.0005],
    )
  })

  it('MultiStepLR: falls at 30 and 80', () => {
    const found = rates(schedules.multiStep({ milestones: [30, 80], gamma: 0.1 }), 0.05, 100)
    close([found[29]!, found[30]!, found[79]!, found[80]!], [0.05, 0.005, 0.005, 0.0005])
  })

  it('ConstantLR: half of 0.05 until 4', () => {
    const schedule = schedules.constant({ factor: 0.5, total: 4 })
    close(rates(schedule, 0.05, 5), [0.025, 0.025, 0.025, 0.025, 0.05])
    close(rates(schedules.constant(), 0.3, 3), [0.3, 0.3, 0.3])
  })

  it('LinearLR: 0.025, 0.03125, 0.0375, 0.04375, 0.05', () => {
    const schedule = schedules.warmUp({ startFactor: 0.5, total: 4 })
    close(rates(schedule, 0.05, 6), [0.025, 0.03125, 0.0375, 0.04375, 0.05, 0.05])
  })

  it('PolynomialLR: 0.001, 0.00075, 0.0005, 0.00025, 0', () => {
    const schedule = schedules.polynomial({ total: 4 })
    close(rates(schedule, 0.001, 6), [0.001, 0.00075, 0.0005, 0.00025, 0, 0])
  })
})

describe('algorithms of PyTorch', () => {
  it('ExponentialLR multiplies each time', () => {
    const expected = [2]
    for (let t = 1; t < 10; t++) expected.push(expected[t - 1]! * 0.9)
    close(rates(schedules.exponential({ gamma: 0.9 }), 2, 10), expected)
  })

  it('PolynomialLR multiplies by the ratio of what is left', () => {
    const total = 7
    const power = 1.5
    const expected = [0.4]
    for (let t = 1; t <= total; t++) {
      const factor = ((1 - t / total) / (1 - (t - 1) / total)) ** power
      expected.push(expected[t - 1]! * factor)
    }
    close(rates(schedules.polynomial({ total, power }), 0.4, total + 1), expected)
  })

  it('CosineAnnealingLR follows its recursion, also beyond one half turn', () => {
    const total = 6
    const minimum = 0.01
    const expected = [0.3]
    for (let t = 1; t < 16; t++) {
      const before = expected[t - 1]!
      if ((t - 1 - total) % (2 * total) === 0) {
        expected.push(before + ((0.3 - minimum) * (1 - Math.cos(Math.PI / total))) / 2)
      } else {
        const ratio =
          (1 + Math.cos((Math.PI * t) / total)) / (1 + Math.cos((Math.PI * (t - 1)) / total))
        expected.push(ratio * (before - minimum) + minimum)
      }
    }
    close(rates(schedules.cosine({ total, minimum }), 0.3, 16), expected)
  })

  it('CosineAnnealingWarmRestarts counts within longer and longer cycles', () => {
    const minimum = 0.02
    let length = 3
    let at = 0
    const expected: number[] = []
    for (let t = 0; t < 30; t++) {
      expected.push(minimum + ((1 - minimum) * (1 + Math.cos((Math.PI * at) / length))) / 2)
      at++
      if (at >= length) {
        at -= length
        length *= 2
      }
    }
    const restarts = { multiplier: 2 }
    close(rates(schedules.cosine({ total: 3, minimum, restarts }), 1, 30), expected)
    const equal = rates(schedules.cosine({ total: 4, restarts: true }), 1, 9)
    close([equal[0]!, equal[4]!, equal[8]!], [1, 1, 1])
  })

  it('OneCycleLR goes from max / 25 to max at 0.3 of the time, and to max / 250,000', () => {
    const cycle = schedules.oneCycle({ maxLearningRate: 0.5, total: 100 })
    close(
      [0, 29, 99].map((t) => cycle.rate(9, t)),
      [0.02, 0.5, 0.5 / 25 / 1e4],
    )
    // Half of the rise is half of the way, for a cosine.
    expect(cycle.rate(9, 14.5)).toBeCloseTo((0.02 + 0.5) / 2, 12)
    const quarter = 0.5 + (0.02 - 0.5) * 0.5 * (1 + Math.cos(Math.PI / 4))
    expect(cycle.rate(9, 29 / 4)).toBeCloseTo(quarter, 12)
    expect(cycle.rate(9, 500)).toBe(cycle.rate(9, 99))
  })

  it('OneCycleLR in three phases, linear', () => {
    const options = { total: 10, rise: 0.4, anneal: 'linear', threePhase: true } as const
    const cycle = schedules.oneCycle({ ...options, divFactor: 4, finalDivFactor: 10 })
    const expected = [1, 2, 3, 4, 3, 2, 1, 0.7, 0.4, 0.1]
    close(rates(cycle, 4, 10), expected)
  })

  it('SequentialLR: what follows a warm-up begins at its own 0', () => {
    const after = schedules.cosine({ total: 4 })
    const schedule = schedules.warmUp({ total: 3, startFactor: 0.1, after })
    close(rates(schedule, 1, 8), [0.1, 0.4, 0.7, ...rates(after, 1, 5)])
    const untold = schedules.warmUp({ total: 3, after: schedules.cosine() })
    expect(untold.rate(1, 7, 7)).toBeCloseTo(0, 12)
  })
})

describe('plateau', () => {
  /** ReduceLROnPlateau.step of PyTorch, with its own rate. */
  function peer(
    base: number,
    {
      mode = 'min',
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      cooldown = 0,
      minimum = 0,
      abs = false,
    },
  ): (metric: number) => number {
    let best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    let bad = 0
    let cooling = 0
    let rate = base
    return (metric) => {
      const relative = mode === 'min' ? best * (1 - threshold) : best * (1 + threshold)
      const absolute = mode === 'min' ? best - threshold : best + threshold
      const bound = abs ? absolute : relative
      if (mode === 'min' ? metric < bound : metric > bound) {
        best = metric
        bad = 0
      } else bad++
      if (cooling > 0) {
        cooling--
        bad = 0
      }
      if (bad > patience) {
        const next = Math.max(rate * factor, minimum)
        if (rate - next > 1e-8) rate = next
        cooling = cooldown
        bad = 0
      }
      return rate
    }
  }

  const metrics = [
    5, 4, 4, 4, 4.1, 3.99, 3.99, 4, 4, 4, 4, 2, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5,
  ]
  const settings = [
    { patience: 1 },
    { patience: 0, cooldown: 2, factor: 0.5 },
    { patience: 2, threshold: 0.01, abs: true, minimum: 0.03 },
    { patience: 1, mode: 'max', factor: 0.3 },
  ]
  for (const setting of settings) {
    it(`follows ReduceLROnPlateau with ${JSON.stringify(setting)}`, () => {
      const { abs, mode = 'min', ...rest } = { abs: false, ...setting }
      const schedule = schedules.plateau({
        ...rest,
        mode: mode as 'min' | 'max',
        thresholdMode: abs ? 'abs' : 'rel',
      })
      const step = peer(0.1, setting)
      let state = schedule.initial
      const found = metrics.map((metric, epoch) => {
        // The state survives a file.
        state = schedule.checkState(JSON.parse(JSON.stringify(schedule.observe(state, metric))))
        return schedule.rate(0.1, epoch, undefined, state)
      })
      close(found, metrics.map(step))
      expect(new Set(found).size).toBeGreaterThan(1)
    })
  }

  it('refuses a state that is not its own', () => {
    expect(() => schedules.plateau().checkState({ best: 'good' })).toThrow(
      'plateau: state must be one of plateau',
    )
    expect(() => schedules.cosine().checkState({})).toThrow('cosine: state must be null')
  })
})
