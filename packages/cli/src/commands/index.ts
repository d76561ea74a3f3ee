/** The commands by name; each is loaded when it is called. */
import type { AnyCommand } from '../command.ts'

export type CommandName =
  | 'train'
  | 'explain'
  | 'summary'
  | 'profile'
  | 'models'
  | 'tune'
  | 'run'
  | 'runs'
  | 'inspect'
  | 'convert'
  | 'export'
  | 'help'
  | 'version'

export interface Entry {
  readonly synopsis: string
  readonly summary: string
  readonly load: () => Promise<AnyCommand>
}

export const commands: Readonly<Record<CommandName, Entry>> = {
  train: {
    synopsis: 'train <model>',
    summary: 'train a network on digits and save its weights',
    load: async () => (await import('./train.ts')).train,
  },
  explain: {
    synopsis: 'explain <operator>',
    summary: 'shapes, counts and one output cell, with a drawing',
    load: async () => (await import('./explain.ts')).explain,
  },
  summary: {
    synopsis: 'summary <model>',
    summary: 'shapes, parameters, work and receptive field of a network',
    load: async () => (await import('./summary.ts')).summary,
  },
  profile: {
    synopsis: 'profile <model>',
    summary: 'where the time of a network goes, layer by layer',
    load: async () => (await import('./profile.ts')).profile,
  },
  tune: {
    synopsis: 'tune',
    summary: 'fit the inner kernels to this machine, once',
    load: async () => (await import('./tune.ts')).tune,
  },
  models: {
    synopsis: 'models',
    summary: 'the networks that have a name',
    load: async () => (await import('./models.ts')).models,
  },
  run: {
    synopsis: 'run <model>',
    summary: 'the output of a network for an array or a picture',
    load: async () => (await import('./run.ts')).run,
  },
  runs: {
    synopsis: 'runs [folder]',
    summary: 'recorded trainings, or two of them side by side',
    load: async () => (await import('./runs.ts')).runs,
  },
  inspect: {
    synopsis: 'inspect <file>',
    summary: 'what a file holds: tensors, types, hashes, operators',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  convert: {
    synopsis: 'convert <from> <to>',
    summary: 'weights and networks from one format to another',
    load: async () => (await import('./convert.ts')).convert,
  },
  export: {
    synopsis: 'export <model>',
    summary: 'a network as PyTorch, Keras, TypeScript or ONNX',
    load: async () => (await import('./export.ts')).exportNetwork,
  },
  help: {
    synopsis: 'help [command]',
    summary: 'how to use a command',
    load: async () => (await import('./help.ts')).help,
  },
  version: {
    synopsis: 'version',
    summary: 'the version of Striate',
    load: async () => (await import('./version.ts')).version,
  },
}

export const commandNames: readonly CommandName[] = Object.keys(commands) as CommandName[]

export const isCommandName = (word: string): word is CommandName => Object.hasOwn(commands, word)
