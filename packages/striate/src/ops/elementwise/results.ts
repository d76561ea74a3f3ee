/** Element types of the results of scalar functions. */
import { asFloat, type DType, promote } from '../../tensor/dtype.ts'

export function promoted(types: readonly DType[]): DType {
  return types.reduce(promote)
}

export function real(types: readonly DType[]): DType {
  return asFloat(promoted(types))
}

/** 1 where true, 0 where false. */
export function truth(): DType {
  return 'uint8'
}
