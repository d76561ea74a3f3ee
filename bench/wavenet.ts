/** npm run bench:wavenet: milliseconds per sample of a WaveNet by queues, over its receptive field. */
import { parseArgs } from 'node:util'
import { command, prepareLibrary } from './harness/command.ts'
import { load, machine, machineLine, nodeVersions } from './harness/machine.ts'
import { alignColumns, markdownLines, short } from './harness/text.ts'

const fields = [8, 9, 10, 11, 12, 13, 14].map((power) => 2 ** power)
const most = Math.log2(fields.at(-1)!)
const channels = 32

interface Stack {
  readonly receptiveField: number
  readonly dilations: readonly number[]
}

/** 1, 2, 4, …: the receptive field doubles with each layer. */
const doubling = (receptiveField: number): Stack => ({
  receptiveField,
  dilations: Array.from({ length: Math.log2(receptiveField) }, (_, index) => 2 ** index),
})

/** As many layers for every receptive field: the longest dilations are halved until there are enough. */
function evenly(receptiveField: number): Stack {
  const dilations = [...doubling(receptiveField).dilations]
  while (dilations.length < most) {
    const longest = Math.max(...dilations)
    dilations.splice(dilations.indexOf(longest), 1, longest / 2, longest / 2)
  }
  return { receptiveField, dilations }
}

interface Measured extends Stack {
  /** Of a step by queues, the least and the median. */
  readonly least: number
  readonly median: number
  /** Of the whole network on one receptive field, which is what a step costs without queues. */
  readonly whole: number
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!

async function measure(stack: Stack, samples: number): Promise<Measured> {
  const { manualSeed, models, noGrad, tensor, waveNetSampler } = await import('striate')
  manualSeed(1)
  const net = models.wavenet({ dilations: stack.dilations, channels }).eval()
  const sampler = waveNetSampler(net)
  if (sampler.receptiveField !== stack.receptiveField)
    throw new Error(`a receptive field of ${sampler.receptiveField}`)
  for (let t = 0; t < 50; t++) await sampler.push(t)
  const times: number[] = []
  for (let t = 0; t < samples; t++) {
    const start = performance.now()
    await sampler.push(t % 256)
    times.push(performance.now() - start)
  }
  const x = tensor(new Float32Array(256 * stack.receptiveField), [1, 256, stack.receptiveField])
  const whole: number[] = []
  for (let run = 0; run < 4; run++) {
    const start = performance.now()
    await noGrad(() => net.forward(x)).data()
    whole.push(performance.now() - start)
  }
  // The first run makes the plan.
  return {
    ...stack,
    least: Math.min(...times),
    median: median(times),
    whole: Math.min(...whole.slice(1)),
  }
}

function table(title: string, measured: readonly Measured[], markdown: boolean): string {
  const heading = [
    'receptive field',
    'layers',
    'min ms/sample',
    'median',
    'median per layer',
    'whole network ms',
  ]
  const rows = measured.map(({ receptiveField, dilations, least, median: middle, whole }) => [
    String(receptiveField),
    String(dilations.length),
    short(least),
    short(middle),
    short(middle / dilations.length),
    short(whole),
  ])
  const lines = (markdown ? markdownLines : alignColumns)([heading, ...rows])
  return [title, ...(markdown ? [''] : []), ...lines].join('\n')
}

await command(async () => {
  const { values } = parseArgs({
    options: {
      samples: { type: 'string', default: '300' },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const samples = Number(values.samples)
  if (values.help || !Number.isSafeInteger(samples) || samples < 1) {
    console.log('npm run bench:wavenet -- [--samples 300] [--markdown]')
    return values.help
  }
  await prepareLibrary({ libraries: [] })
  const before = load()
  const kinds = [
    ['dilations double: a layer more for twice the receptive field', doubling],
    [`${most} layers each, dilations as long as the receptive field asks`, evenly],
  ] as const
  for (const [title, stackOf] of kinds) {
    const measured: Measured[] = []
    for (const field of fields) measured.push(await measure(stackOf(field), samples))
    console.log(`${table(title, measured, values.markdown)}\n`)
  }
  const { node, v8 } = nodeVersions(process.execPath)
  console.log(machineLine(machine(`Node ${node}, V8 ${v8}`), before, load()))
  return true
})
