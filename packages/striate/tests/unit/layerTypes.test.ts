// The compiler's own words where two layers do not fit.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const virtual = here('./virtual.ts')
const claims = here('./layers.test-d.ts')

const head = "import * as nn from '../../src/nn/index.ts'\n"
const snippets = {
  conv: `nn.sequential(
    nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5 }),
    nn.tanh(),
    nn.conv2d({ inChannels: 16, outChannels: 32, kernelSize: 5 }))`,
  linear: 'nn.sequential(nn.linear(400, 120), nn.linear(84, 10))',
  norm: 'nn.sequential(nn.conv1d({ inChannels: 1, outChannels: 6, kernelSize: 3 }), nn.batchNorm1d(8))',
  rank: 'nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: [5, 5, 5] })',
  option: 'nn.conv2d({ inChannels: 1, outChannels: 6, kernelSize: 5, strides: 2 })',
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}

/** The compiler's complaints about a text that takes the place of a file. */
function complaints(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file)
  return program
    .getSemanticDiagnostics(source)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('the compiler', () => {
  let found: Record<string, string> = {}
  let broken: string[] = []
  beforeAll(() => {
    const names = Object.keys(snippets)
    const files = new Map(
      names.map((name) => [
        virtual.replace('virtual', `virtual-${name}`),
        `${head}${snippets[name as keyof typeof snippets]}\n`,
      ]),
    )
    const host = ts.createCompilerHost(options)
    const read = host.readFile.bind(host)
    host.fileExists = (path) => files.has(path) || existsSync(path)
    host.readFile = (path) => files.get(path) ?? read(path)
    const program = ts.createProgram([...files.keys(), claims], options, host)
    found = Object.fromEntries(
      [...files.keys()].map((file, i) => [names[i]!, complaints(program, file).join('\n')]),
    )
    broken = complaints(program, claims)
  })

  it('says which channels meet which', () => {
    expect(found.conv).toContain('the layer before gives 6 channels, this one takes 16 channels')
    expect(found.norm).toContain('the layer before gives 6 channels, this one takes 8 channels')
    expect(found.linear).toContain(
      'the layer before gives 120 features, this one takes 84 features',
    )
  })

  it('refuses sizes of another rank and options that do not exist', () => {
    expect(found.rank).toMatch(/not assignable/)
    expect(found.option).toMatch(/'strides' does not exist/)
  })

  it('agrees with every claim of the type tests', () => {
    expect(readFileSync(claims, 'utf8').match(/@ts-expect-error/g)!.length).toBeGreaterThan(30)
    expect(broken).toEqual([])
  })
})
