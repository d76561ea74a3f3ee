/** Node's own modules, without an import that bundlers for the browser would stumble over. */
interface NodeModules {
  readonly 'node:fs/promises': typeof import('node:fs/promises')
  readonly 'node:path': typeof import('node:path')
  readonly 'node:url': typeof import('node:url')
}

/** For code that runs in Node alone. */
export const nodeModule = <Name extends keyof NodeModules>(name: Name): NodeModules[Name] =>
  process.getBuiltinModule(name) as NodeModules[Name]
