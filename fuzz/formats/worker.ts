/** Reads spoiled files, one after the other, and says what was not as it must be. */

// First: whoever is imported after it sees the watched constructors.
import './guard.ts'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StriateError } from 'striate'
import { Random } from '../random.ts'
import { faulty, faultyTargets } from './faulty.ts'
import { begin, end } from './guard.ts'
import { spoilSample } from './mutate.ts'
import type { Order, Report } from './protocol.ts'
import type { Sample, Target } from './sample.ts'
import { makeTargets } from './targets.ts'

const say = (report: Report): void => {
  process.send!(report)
}

const slack = 64 * 2 ** 20
const mostSeconds = 2

/** Bytes of the heap and of buffers that are held at this moment. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/**
 * A message says where: a byte, or how many bytes there are; a tensor, an entry, a node, a layer, or a setting by its
 * name; or which file is missing.
 */
export const saysWhere = (message: string): boolean =>
  /\b(bytes?|position) [\d-]/.test(message) ||
  /\bgot \d+ bytes\b/.test(message) ||
  /\b(tensor|entry|node|layer|weights?|attribute|array|group|dataset|initializer)\b/i.test(
    message,
  ) ||
  /\b(external file|metadata|__metadata__|input|output|the file of|the file beside)\b/.test(
    message,
  ) ||
  /\b[\w[\]]+ of (the model|model\.json|weightsManifest\S*) must\b/.test(message) ||
  /: (opset|modelTopology|weightsManifest\S*|the model|the outputs) must\b/.test(message) ||
  /: '\/[^']*' must\b/.test(message) ||
  /'.+' must (name a place that exists|have a shorter name)/.test(message)

/** The same message for another byte or name. */
const outline = (message: string): string =>
  message
    .replace(/'(?:[^'\\]|\\.)*'/g, '…')
    .replace(/\b[\da-f]{8}\b|-?\d[\d.e+]*/g, '#')
    .slice(0, 160)

function drawn(
  targets: readonly Target[],
  number: number,
  seed: number,
): { target: Target; sample: Sample } {
  const random = new Random(seed + number)
  const target = targets[number % targets.length]!
  const sample = random.pick(target.samples)
  const other = random.pick(random.chance(0.7) ? target.samples : random.pick(targets).samples)
  return { target, sample: spoilSample(random, sample, other) }
}

async function check(target: Target, sample: Sample, folder: string): Promise<Outcome> {
  const bytes = new Uint8Array(sample.bytes)
  const { beside = {} } = sample
  const path = join(folder, sample.name)
  if (target.byPath) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    writeFileSync(path, bytes)
    for (const [name, content] of Object.entries(beside)) writeFileSync(join(folder, name), content)
  }
  const size = Object.values(beside).reduce((sum, { length }) => sum + length, bytes.length)
  const before = held()
  const started = process.cpuUsage()
  begin(folder)
  let thrown: unknown = null
  try {
    await target.read({ bytes, path, beside })
  } catch (error) {
    thrown = error ?? new Error('nothing was thrown as an error')
  }
  const seen = end()
  const { user, system } = process.cpuUsage(started)
  const grown = Math.max(held() - before, seen.allocated) - size
  const faults: string[] = []
  if (thrown !== null && !(thrown instanceof StriateError))
    faults.push(
      `threw ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
    )
  if ((user + system) / 1e6 > mostSeconds)
    faults.push(`took ${((user + system) / 1e6).toFixed(1)} s`)
  if (grown > slack) faults.push(`took ${grown} bytes beyond the ${size} of the file`)
  if (seen.forbidden.length > 0) faults.push(`touched ${seen.forbidden.slice(0, 4).join(', ')}`)
  return { faults, message: thrown instanceof StriateError ? thrown.message : null }
}

/** Writes an input, and the files beside it, to be looked at. */
function save(findings: string, number: number, target: Target, sample: Sample): string {
  const folder = join(findings, `${target.name}-${number}`)
  mkdirSync(folder, { recursive: true })
  const name = sample.name.replace(/[^\w.-]/g, '_')
  writeFileSync(join(folder, name), sample.bytes)
  for (const [other, content] of Object.entries(sample.beside ?? {}))
    writeFileSync(join(folder, other), content)
  return join(folder, name)
}

interface Outcome {
  readonly faults: readonly string[]
  readonly message: string | null
}

process.on('message', async (order: Order) => {
  const { seed, first, last, only, shared, fixtures, sign, findings } = order
  const folder = join(mkdtempSync(join(tmpdir(), 'striate-fuzz-')), 'sandbox')
  mkdirSync(folder)
  const file = openSync(sign, 'r+')
  const mark = Buffer.alloc(8)
  try {
    const all = only === faulty ? faultyTargets : await makeTargets(shared, fixtures)
    const targets =
      only === null || only === faulty
        ? all
        : all.filter(({ name }) => only.split(',').includes(name))
    if (targets.length === 0) {
      say({ unknown: all.map(({ name }) => name) })
      return
    }
    say({ targets: targets.map(({ name, samples }) => `${name} (${samples.length})`) })
    if (order.saveOnly) {
      const { target, sample } = drawn(targets, first, seed)
      const saved = save(findings, first, target, sample)
      say({ saved, target: target.name, sample: sample.name })
      return
    }
    const tally = { read: 0, refused: 0 }
    for (let number = first; number <= last; number++) {
      const { target, sample } = drawn(targets, number, seed)
      // The one who counts looks here when nothing comes any more.
      mark.writeDoubleLE(number)
      writeSync(file, mark, 0, 8, 0)
      const { faults, message } = await check(target, sample, folder)
      if (message === null) tally.read += faults.length === 0 ? 1 : 0
      else tally.refused += 1
      if (message !== null && !saysWhere(message))
        say({ placeless: `${target.name}: ${outline(message)}`, example: `${number}: ${message}` })
      if (faults.length > 0) {
        const saved = save(findings, number, target, sample)
        say({ fault: number, target: target.name, sample: sample.name, faults, saved })
      }
      if ((number - first) % 200 === 0) say({ at: number, ...tally })
    }
    say({ done: true, ...tally })
  } catch (error) {
    say({ broken: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  } finally {
    rmSync(join(folder, '..'), { recursive: true, force: true })
  }
})
