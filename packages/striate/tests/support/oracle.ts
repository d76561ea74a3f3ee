/** Where the shared test data lie, if this machine has them. */
export { maxRelative } from './references.ts'

/** The folder of shared test data, or null where this machine has none. */
export const shared: string | null = process.env.STRIATE_SHARED || null
