/** V8's flags, where Node lets programs set them; there are none in a browser. */

interface NodeProcess {
  readonly versions?: { readonly v8?: string }
  getBuiltinModule?(name: 'node:v8'): V8 | undefined
}

export interface V8 {
  setFlagsFromString(flag: string): void
}

const nodeProcess = (): NodeProcess | undefined =>
  (globalThis as { readonly process?: NodeProcess }).process

export const v8OfNode = (): V8 | undefined => nodeProcess()?.getBuiltinModule?.('node:v8')

/** The major version, 0 where it is not known. */
export const v8Version = (): number => Number.parseInt(nodeProcess()?.versions?.v8 ?? '0', 10)
