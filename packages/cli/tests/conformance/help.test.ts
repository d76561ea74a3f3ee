// Help: every command has a page, every option stands on it, and the examples are command lines that parse.
import { describe, expect, it } from 'vitest'
import { kebab, parse } from '../../src/arguments.ts'
import { commandNames, commands } from '../../src/commands/index.ts'
import { striate } from '../support/command.ts'

describe.each(commandNames)('striate %s', (name) => {
  it('has a page with its options', async () => {
    const { options } = await commands[name].load()
    const { status, stdout, stderr } = await striate([name, '--help'])
    expect([status, stderr]).toEqual([0, ''])
    for (const key of [...Object.keys(options), 'json', 'help'])
      expect(stdout).toContain(`--${kebab(key)}`)
    expect((await striate(['help', name])).stdout).toBe(stdout)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('has examples that parse', async () => {
    const command = await commands[name].load()
    expect(command.examples.length).toBeGreaterThan(0)
    for (const example of command.examples) {
      const [program, first, ...words] = example.split(' ')
      expect([program, first]).toEqual(['striate', name])
      await expect(parse(command, words)).resolves.toBeDefined()
    }
  })
})

it('other names of options are on the page, and mean the same', async () => {
  const train = await commands.train.load()
  expect((await striate(['train', '--help'])).stdout).toContain('(also --out)')
  for (const name of ['--out', '--output'])
    expect((await parse(train, ['lenet5', name, 'a.safetensors'])).values).toEqual({
      output: 'a.safetensors',
    })
})

it('striate alone lists the commands', async () => {
  const { status, stdout } = await striate([])
  expect(status).toBe(0)
  for (const name of commandNames) expect(stdout).toContain(name)
})

it('striate --version prints the version alone', async () => {
  const { stdout } = await striate(['--version'])
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
