// Recorded trainings through the command line: what is left in the folder, and how runs are listed and compared.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inFolder, smallTraining, striate } from '../support/command.ts'

const record = (cwd: string, name: string, ...more: string[]) =>
  striate([...smallTraining, '--run', `runs/${name}`, ...more], { cwd })

describe('striate train --run', () => {
  it('leaves settings, figures, events, checkpoint and weights in the folder', () =>
    inFolder(async (cwd) => {
      const { status, stdout, stderr } = await record(cwd, 'first')
      expect([status, stderr]).toEqual([0, ''])
      expect(stdout).toContain('Recorded runs/first')
      expect(stdout).toMatch(/striate runs runs\n/)
      for (const file of [
        'config.json',
        'metrics.jsonl',
        'lenet5.safetensors',
        'checkpoints/last.safetensors',
      ])
        expect(existsSync(join(cwd, 'runs/first', file)), file).toBe(true)
      const config = JSON.parse(readFileSync(join(cwd, 'runs/first/config.json'), 'utf8'))
      expect(config).toMatchObject({ network: 'lenet5', config: { data: 'drawn' }, epochs: 2 })
      const lines = readFileSync(join(cwd, 'runs/first/metrics.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
      const last = lines.slice(-2).map((line) => JSON.parse(line))
      expect(last).toMatchObject([
        { kind: 'end', steps: 16 },
        { kind: 'note', name: 'test' },
      ])
    }))

  it('trains to the same weights as without, and says where it recorded', () =>
    inFolder(async (cwd) => {
      await striate(smallTraining, { cwd })
      const { stdout } = await record(cwd, 'first', '--json')
      expect(JSON.parse(stdout).run).toBe('runs/first')
      const [plain, recorded] = ['lenet5.safetensors', 'runs/first/lenet5.safetensors'].map(
        (path) => readFileSync(join(cwd, path)),
      )
      expect(recorded!.equals(plain!)).toBe(true)
    }))

  it('refuses a folder that holds a run, and goes on with it by --resume', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first')
      const again = await record(cwd, 'first')
      expect([again.status, again.stdout]).toEqual([1, ''])
      expect(again.stderr).toContain(
        "striate: train: --run 'runs/first' must be a new folder, got one that holds a run; --resume goes on with it",
      )
      const more = await record(cwd, 'first', '--epochs', '3', '--resume', '--json')
      expect(more.stderr).toContain('epoch 3/3')
      expect(JSON.parse(more.stdout)).toMatchObject({ steps: 24, run: 'runs/first' })
    }))

  it('refuses to go on with other settings, naming them', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first')
      const { status, stderr } = await record(cwd, 'first', '--learning-rate', '0.1', '--resume')
      expect(status).toBe(1)
      expect(stderr).toContain(
        'optimizer.learningRate must be 0.004, as when the checkpoint was written, got 0.1',
      )
    }))

  it('leaves nothing where the command line is wrong elsewhere', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first', '--data', 'nowhere')
      expect(existsSync(join(cwd, 'runs'))).toBe(false)
    }))
})

describe('striate runs', () => {
  it('lists, shows and compares', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first')
      await record(cwd, 'second', '--optimizer', 'sgd', '--epochs', '3')

      const list = await striate(['runs'], { cwd })
      expect([list.status, list.stderr]).toEqual([0, ''])
      const [heading, first, second] = list.stdout.split('\n')
      expect(heading).toMatch(
        /^name +network +status +epochs +best loss +at +time +differing settings$/,
      )
      expect(first).toMatch(
        /^first +lenet5 +finished +2\/2 +\d+\.\d+ +\d +\d+ s +optimizer adam, learningRate 0\.004/,
      )
      expect(second).toMatch(/^second +lenet5 +finished +3\/3 .* optimizer sgd, learningRate 0\.05/)

      const one = await striate(['runs', 'runs/first'], { cwd })
      expect(one.stdout).toMatch(/^first: lenet5, 61,706 parameters, 2 of 2 epochs, finished/)
      expect(one.stdout).toMatch(/optimizer\.learningRate +0\.004/)
      expect(one.stdout).toMatch(/test\n {2}loss +\d/)
      expect(one.stdout).toMatch(/loss by epoch\n.*[\u2801-\u28ff]/)

      const pair = await striate(['runs', 'first', 'second', '--metric', 'accuracy'], { cwd })
      expect(pair.stdout).toMatch(/^Settings that differ\n +first +second\n/)
      expect(pair.stdout).toMatch(/\noptimizer +adam +sgd\n/)
      expect(pair.stdout).not.toMatch(/\nbatchSize/)
      expect(pair.stdout).toMatch(/\nbest accuracy +\S+ \(epoch \d\) +\S+ \(epoch \d\)\n/)
      expect(pair.stdout).toMatch(/\ntest accuracy +\S+ +\S+\n/)
      expect(pair.stdout).toContain('accuracy by epoch')
      for (const { stdout } of [list, one, pair])
        for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(100)
    }))

  it('answers in JSON', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first')
      await record(cwd, 'second', '--batch-size', '32')
      const parse = async (...words: string[]) =>
        JSON.parse((await striate(['runs', ...words, '--json'], { cwd })).stdout)
      const list = await parse()
      expect(list).toMatchObject([
        { name: 'first', status: 'finished', epochsDone: 2, best: { metric: 'loss' } },
        { name: 'second', settings: { batchSize: 32 } },
      ])
      const one = await parse('runs/first')
      expect(one.epochs).toHaveLength(2)
      expect(one.notes).toMatchObject([{ name: 'test' }])
      const pair = await parse('first', 'second')
      expect(pair.differing).toEqual([{ name: 'batchSize', values: [16, 32] }])
      expect(pair.runs).toHaveLength(2)
    }))

  it('says what it cannot find', () =>
    inFolder(async (cwd) => {
      await record(cwd, 'first')
      const attempt = async (...words: string[]) => {
        const { status, stdout, stderr } = await striate(['runs', ...words], { cwd })
        expect([status, stdout]).toEqual([1, ''])
        return stderr
      }
      expect(await attempt('secnd')).toContain(
        "striate: runs: 'secnd' must be the folder of a run, or of several, got nothing of that name",
      )
      expect(await attempt('first', 'runs')).toContain("'runs' must be the folder of a run")
      expect(await attempt('first', '--metric', 'acuracy')).toContain('did you mean accuracy?')
      const { stdout } = await striate(['runs', 'runs/first/checkpoints'], { cwd })
      expect(stdout).toContain('No runs in runs/first/checkpoints')
    }))
})
