// profile: steps with times and speeds, medians, layers, and a trace; computed values are what they are elsewhere.
import {
  add,
  explainPlan,
  mul,
  nn,
  profile,
  sequential,
  setEngine,
  sum,
  type Tensor,
  tensor,
  zeros,
} from 'striate'
import { afterEach, describe, expect, it } from 'vitest'
import { type MeasuredRun, Profile } from '../../src/engine/inspect/profileReport.ts'

afterEach(() => setEngine('wasm'))

const conv = (): nn.Layer =>
  nn.conv2d({ inChannels: 16, outChannels: 16, kernelSize: 3, padding: 1 })
const net = sequential(conv(), nn.relu(), sequential({ last: conv() }))
const x = zeros([1, 16, 20, 20])
const work = 16 * 16 * 9 * 20 * 20

describe('profile', () => {
  it('times the steps of the plan', async () => {
    const found = await profile(() => net.forward(x), { runs: 3, warmUp: 1 })
    const plan = await explainPlan(net.forward(x))
    expect(found.steps).toMatchObject([...plan.steps])
    expect(found.runs).toBe(3)
    expect(found.totals).toMatchObject({ multiplyAdds: 2 * work })
    for (const { milliseconds, share } of found.steps) {
      expect(milliseconds).toBeGreaterThan(0)
      expect(share).toBeGreaterThan(0)
    }
    expect(found.layers().map(({ layer }) => layer)).toEqual(['0 + 1', '2.last'])
  })

  it('computes what it builds, states too', async () => {
    const made: Tensor[] = []
    const norm = nn.batchNorm1d(2, { momentum: 0.5 })
    const values = tensor([
      [1, 5],
      [3, 7],
    ])
    await profile(
      () => {
        const y = add(sum(norm.forward(values)), 4)
        made.push(y)
        return [y]
      },
      { runs: 2, warmUp: 1 },
    )
    expect(made).toHaveLength(3)
    for (const y of made) expect(await y.item()).toBeCloseTo(4, 5)
    // 0 → (0 + 2) / 2 → (1 + 2) / 2 → (1.5 + 2) / 2
    const [mean] = norm.buffers()
    expect(await mean!.array()).toEqual([1.75, 5.25])
  })

  it('leaves values alone that plans keep from run to run', async () => {
    const [one, other] = [conv(), conv()]
    const picture = tensor(
      Float32Array.from({ length: 6400 }, (_, i) => Math.sin(i)),
      [1, 16, 20, 20],
    )
    const expected = await one.forward(picture).data()
    for (let run = 0; run < 3; run++) expect(await one.forward(picture).data()).toEqual(expected)
    await profile(() => other.forward(picture), { runs: 4 })
    expect(await one.forward(picture).data()).toEqual(expected)
  })

  it('refuses graphs that are known or differ, wrong options, and the reference engine', async () => {
    const y = add(x, 1)
    await expect(profile(() => y, { warmUp: 0 })).rejects.toThrow(
      'profile: build must make tensors that are yet to be computed, at every call',
    )
    let call = 0
    const growing = (): Tensor => (++call < 3 ? add(x, 1) : mul(x, 2))
    await expect(profile(growing, { warmUp: 1, runs: 3 })).rejects.toThrow(
      'build must make the same graph at every call, got another one at run 2; warmUp: 2 leaves out',
    )
    await expect(profile(() => 3 as never)).rejects.toThrow('what build returns must be a tensor')
    await expect(profile(y as never)).rejects.toThrow('build must be a function')
    await expect(profile(() => y, { run: 3 } as never)).rejects.toThrow("did you mean 'runs'?")
    await expect(profile(() => y, { runs: 0 })).rejects.toThrow('runs must be a whole number of at')
    setEngine('reference')
    await expect(profile(() => y)).rejects.toThrow('got the reference engine')
  })
})

/** A profile of the network of made-up runs. */
async function madeUp(runs: (steps: number) => MeasuredRun[]): Promise<Profile> {
  const plan = await explainPlan(net.forward(x))
  return new Profile(plan, runs(plan.steps.length))
}

/** Each step takes as many milliseconds as `per` says, one after the other. */
const run = (steps: number, per: number): MeasuredRun => ({
  starts: Array.from({ length: steps }, (_, i) => per * i),
  durations: new Array<number>(steps).fill(per),
  copying: 10 * per,
})

describe('what a profile says', () => {
  it('are medians, and speeds from them', async () => {
    const found = await madeUp((steps) => [run(steps, 2), run(steps, 100), run(steps, 4)])
    const { steps, totals } = found
    for (const step of steps) {
      expect(step.milliseconds).toBe(4)
      expect(step.share).toBeCloseTo(1 / steps.length, 12)
      const operations = 2 * step.multiplyAdds + step.otherOperations
      expect(step.gigaflops).toBeCloseTo(operations / 4e6, 12)
      expect(step.gigabytesPerSecond).toBeCloseTo((step.bytesRead + step.bytesWritten) / 4e6, 12)
    }
    expect(totals.milliseconds).toBe(4 * steps.length)
    expect(totals.copyMilliseconds).toBe(40)
    expect(await madeUp((count) => [run(count, 2), run(count, 4)])).toMatchObject({
      totals: { milliseconds: 3 * steps.length },
    })
  })

  it('adds the steps of a layer', async () => {
    const found = await madeUp((steps) => [run(steps, 2)])
    const layers = found.layers()
    const first = found.steps.filter(({ layer }) => layer === '0 + 1')
    expect(layers[0]).toMatchObject({
      layer: '0 + 1',
      steps: first.length,
      milliseconds: 2 * first.length,
      multiplyAdds: work,
      algorithm: first[0]!.algorithm,
    })
    expect(layers.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
  })

  it('is a table of steps or of layers, at most as wide as asked', async () => {
    const found = await madeUp((steps) => [run(steps, 2)])
    for (const by of ['step', 'layer'] as const) {
      for (const columns of [80, 100]) {
        const text = found.toString(columns, by)
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
        expect(text).toMatch(/layer .*kernel .*ms +share +GFLOP\/s +GB\/s/)
        expect(text).toContain('2.last')
        expect(text).toContain(by === 'step' ? '2.000' : '4.000')
      }
    }
  })

  it('does not divide by times that the clock cannot see', async () => {
    const found = await madeUp((steps) => [run(steps, 0)])
    expect(found.steps[0]).toMatchObject({ gigaflops: 0, gigabytesPerSecond: 0, share: 0 })
    expect(String(found)).not.toMatch(/NaN|Infinity/)
    expect(JSON.stringify(found.toTrace())).not.toContain('null,"args"')
  })

  it('is JSON', async () => {
    const found = await madeUp((steps) => [run(steps, 2)])
    const document = JSON.parse(JSON.stringify(found))
    expect(document).toMatchObject({ runs: 1, totals: found.totals, layers: found.layers() })
    expect(document.steps).toEqual(found.steps)
  })

  it('is a Chrome trace of the run of middling length', async () => {
    const found = await madeUp((steps) => [run(steps, 9), run(steps, 3), run(steps, 1)])
    const { traceEvents, displayTimeUnit } = JSON.parse(JSON.stringify(found.toTrace()))
    expect(displayTimeUnit).toBe('ms')
    interface Event {
      readonly name: string
      readonly cat?: string
      readonly ph: string
      readonly ts: number
      readonly dur: number
    }
    const of = (cat: string): Event[] => traceEvents.filter((event: Event) => event.cat === cat)
    const steps = of('step')
    expect(steps).toHaveLength(found.steps.length)
    for (const [i, { ph, ts, dur }] of steps.entries()) {
      expect([ph, ts, dur]).toEqual(['X', 3000 * i, 3000])
    }
    const layers = of('layer')
    expect(layers.map(({ name }) => name)).toEqual(['0 + 1', '2.last'])
    // Every step lies in the span of its layer.
    for (const [i, { ts, dur }] of steps.entries()) {
      const around = layers.find(({ name }) => name === found.steps[i]!.layer)!
      expect(ts).toBeGreaterThanOrEqual(around.ts)
      expect(ts + dur).toBeLessThanOrEqual(around.ts + around.dur)
    }
    const named = traceEvents.filter((event: Event) => event.ph === 'M')
    expect(named.map(({ name }: Event) => name)).toEqual(['process_name', 'thread_name'])
  })
})
