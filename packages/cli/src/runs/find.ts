/** Finds the runs that words on the command line name. */
import { stat } from 'node:fs/promises'
import { listRuns, type Run, readRun, StriateError } from 'striate'

const op = 'runs'
/** Where runs are looked for unless told. */
export const usualFolder = 'runs'

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const isRun = (folder: string): Promise<boolean> => isThere(`${folder}/config.json`)

/** What a word names: one run, or those of a folder. */
export async function findRuns(word: string): Promise<Run | readonly Run[]> {
  if (await isRun(word)) return readRun(word)
  if (await isThere(word)) return listRuns(word)
  return findRun(word)
}

/** The run of a folder, or of that name in the usual folder. */
export async function findRun(word: string): Promise<Run> {
  const short = `${usualFolder}/${word}`
  if (!(await isRun(word)) && (await isRun(short))) return readRun(short)
  if (await isRun(word)) return readRun(word)
  throw new StriateError({
    op,
    argument: `'${word}'`,
    needs: 'must be the folder of a run, or of several',
    got: (await isThere(word)) ? 'a folder without a run' : 'nothing of that name',
    hint: 'striate train lenet5 --run runs/first makes one',
  })
}
