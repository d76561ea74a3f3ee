// A training through the command line: what it prints, what it leaves, and that it goes on as if never stopped.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSafetensors, lenet5, load } from 'striate'
import { describe, expect, it } from 'vitest'
import { inFolder, smallTraining, striate } from '../support/command.ts'

/** Long enough to be stopped on its way: 64 steps. */
const training = [...smallTraining, '--epochs', '8']

describe('striate train', () => {
  it('prints the summary first, plain progress lines, the test accuracy, digits, and what to try next', () =>
    inFolder(async (cwd) => {
      const { status, stdout, stderr } = await striate(smallTraining, { cwd })
      expect([status, stderr]).toEqual([0, ''])
      for (const code of ['\u001b', '\r']) expect(stdout).not.toContain(code)
      const order = ['parameters', 'Training on 128', 'epoch 1/2', 'epoch 2/2', 'Test accuracy']
      const places = [...order, 'What the network sees', 'Saved', 'Try next'].map((words) =>
        stdout.indexOf(words),
      )
      expect(places).not.toContain(-1)
      expect(places).toEqual([...places].sort((a, b) => a - b))
      expect(stdout).toMatch(/[\u2801-\u28ff]/)
      expect(readdirSync(cwd)).toEqual(['lenet5.safetensors'])
    }))

  it('saves weights that the library loads, and a checkpoint where one is asked for', () =>
    inFolder(async (cwd) => {
      const places = ['--out', 'mine.safetensors', '--checkpoint', 'mine.checkpoint']
      await striate([...smallTraining, ...places], { cwd })
      expect(readdirSync(cwd).sort()).toEqual(['mine.checkpoint', 'mine.safetensors'])
      const path = join(cwd, 'mine.safetensors')
      const net = lenet5()
      await load(net, path)
      expect(Object.keys(decodeSafetensors(readFileSync(path)).tensors)).toEqual(
        Object.keys(net.stateDict()),
      )
    }))

  it('gives the same weights for the same seed, and others for another', () =>
    inFolder(async (cwd) => {
      const weights = async (seed: string) => {
        await striate([...smallTraining, '--seed', seed], { cwd })
        return readFileSync(join(cwd, 'lenet5.safetensors'))
      }
      const first = await weights('7')
      expect((await weights('7')).equals(first)).toBe(true)
      expect((await weights('8')).equals(first)).toBe(false)
    }))

  it('runs every optimizer and schedule', () =>
    inFolder(async (cwd) => {
      const small = ['train', 'lenet5', '--limit', '32', '--epochs', '1', '--json']
      for (const [optimizer, schedule] of [
        ['sgd', 'constant'],
        ['adamw', 'cosine'],
        ['rmsprop', 'plateau'],
      ] as const) {
        const options = ['--optimizer', optimizer, '--schedule', schedule]
        const { status, stdout } = await striate([...small, ...options], { cwd })
        expect(status).toBe(0)
        expect(JSON.parse(stdout).settings).toMatchObject({ optimizer, schedule })
      }
    }))
})

/** Presses Ctrl-C when the first step was reported, once. */
function interruptOnce(sign: string) {
  let isDone = false
  return (printed: string, interrupt: () => void): void => {
    if (isDone || !printed.includes(sign)) return
    isDone = true
    interrupt()
  }
}

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  it('keeps a checkpoint, and --resume goes on bit for bit as if never stopped', () =>
    inFolder(async (cwd) => {
      await striate([...training, '--out', 'whole.safetensors'], { cwd })

      const onOutput = interruptOnce('epoch 2/8')
      const stopped = await striate([...training, '--json'], { cwd, onOutput })
      expect(stopped.status).toBe(130)
      const { interrupted, steps, checkpoint } = JSON.parse(stopped.stdout)
      expect(interrupted).toBe(true)
      expect(steps).toBeGreaterThan(0)
      expect(steps).toBeLessThan(64)
      expect(readdirSync(cwd).sort()).toEqual([checkpoint, 'whole.safetensors'].sort())

      const resumed = await striate([...training, '--resume', '--json'], { cwd })
      expect(resumed.status).toBe(0)
      expect(JSON.parse(resumed.stdout)).toMatchObject({ interrupted: false, steps: 64 })
      const [whole, parts] = ['whole.safetensors', 'lenet5.safetensors'].map((name) =>
        readFileSync(join(cwd, name)),
      )
      expect(parts!.equals(whole!)).toBe(true)
      expect(readdirSync(cwd)).not.toContain(checkpoint)
    }))

  it('says how to go on, in a command that can be typed', () =>
    inFolder(async (cwd) => {
      const places = ['--output', "it's here.safetensors"]
      const onOutput = interruptOnce('epoch 1/8')
      const { status, stdout, stderr } = await striate([...training, ...places], { cwd, onOutput })
      expect([status, stderr]).toEqual([130, ''])
      expect(stdout).toContain('Stopping after this step')
      expect(stdout).toMatch(/Stopped after \d+ steps?; the checkpoint is it's here.checkpoint/)
      expect(stdout).toContain(
        "train lenet5 --limit 128 --epochs 8 --batch-size 16 --seed 7 --output 'it'\\''s here.safetensors' --resume",
      )
    }))

  it('ends at once the second time', () =>
    inFolder(async (cwd) => {
      let pressed = 0
      const long = [...training, '--epochs', '100000']
      const { status } = await striate(long, {
        cwd,
        onOutput: (printed, interrupt) => {
          const signs = ['epoch 1/', 'Stopping after this step']
          if (pressed < 2 && printed.includes(signs[pressed]!)) {
            pressed++
            interrupt()
          }
        },
      })
      expect(status).toBe(130)
    }))
})

describe('--resume', () => {
  it('refuses a file that is no checkpoint, a damaged one, and one of another training', () =>
    inFolder(async (cwd) => {
      const complain = async (...words: string[]) => {
        const { status, stdout, stderr } = await striate([...smallTraining, ...words], { cwd })
        expect(status).toBe(1)
        expect(stdout).not.toContain('epoch')
        expect(stderr).not.toContain('(unexpected')
        return stderr
      }
      expect(await complain('--resume', 'none.checkpoint')).toContain('none.checkpoint')
      await striate([...smallTraining, '--checkpoint', 'mine.checkpoint'], { cwd })
      expect(await complain('--resume', 'mine.checkpoint', '--seed', '8')).toContain('seed')
      expect(await complain('--resume', 'lenet5.safetensors')).toContain('must be a checkpoint')
      const path = join(cwd, 'mine.checkpoint')
      const bytes = readFileSync(path)
      bytes[bytes.length - 10]! ^= 1
      writeFileSync(path, bytes)
      expect(await complain('--resume', 'mine.checkpoint')).toContain('the file is damaged')
    }))
})
