/** The engines that every conformance test runs on. */
export const engines = ['reference', 'wasm'] as const
