/**
 * Kernel generators: each returns the bytes of one WebAssembly module over an imported memory.
 *
 * Every generator returns `KernelModule<Exports> = { name, bytes, instantiate(module, memory) }`: compile
 * the bytes, then instantiate them with the memory as `env.memory`. Options of all (`KernelTarget`):
 * `sharedMemory` (the memory is a shared one), `relaxed` (relaxed SIMD may be used).
 *
 * Conventions. Every parameter is an i32 unless said otherwise. Addresses are bytes, need no
 * alignment, and the buffers of one call must not overlap unless said otherwise. Sizes and strides
 * count elements. Tables and descriptors are int32 words in the same memory, owned by the caller and
 * only read. Kernels hold no state: every thread may have an instance of its own over the same
 * memory, and a call is split between threads by moving the addresses.
 *
 *   contractionModule({ rows, columns, …target }) → ContractionExports
 *     C[cM[i] + cN[j]] = beta·C[…] + bias[i] + Σ_k A[aM[i] + aK[k]] · B[bK[k] + bN[j]]
 *     run(m, n, k, a, aM, aK, b, bK, bN, step, c, cM, cN, bias, beta: f32, scratch)
 *       step: 0, or bytes from B[k] to B[k + 1] where bK says so and bN counts up by 1: B is read in place
 *       bias: address of m floats or 0; beta 0 does not read C (NaN there is overwritten)
 *       scratch: contractionScratchBytes(options, m, n, k) bytes, owned by the call (one a thread)
 *     packA(m, k, a, aM, aK, packed)
 *       packed: contractionPackedBytes(options, m, k) bytes, written once per weight version
 *     runPacked(m, n, k, packed, b, bK, bN, step, c, cM, cN, bias, beta: f32, scratch)
 *     The order of summation depends on k alone, not on the tile or the split.
 *     Split over threads: move bN and cN by 4·j bytes (or, for run, aM, cM and bias by 4·i).
 *     rows × columns / 4 accumulators: 3 × 12 and 4 × 8 suit 16 registers, 6 × 8 with relaxed SIMD,
 *     6 × 16 where V8 revectorizes to 256 bits.
 *
 *   turnedModule({ rows, columns, epilogue?, …target }) → TurnedExports
 *     C[cM[i] + cN[j]] = bias[i] + Σ_k A[aM[i] + aK[k]] · B[bK[k] + bN[j]], rows of C along the vectors: for
 *     columns that are few and fill no vectors. pack(m, k, a, aM, aK, packed): turnedPackedBytes(…) bytes, once;
 *     run(m, n, k, packed, b, bK, bN, step, c, cM, cN, bias, scratch, …operands): turnedScratchBytes(…) bytes of scratch.
 *     Split over threads by rows, at multiples of `rows`: move packed by 4·i·k, cM and bias by 4·i bytes.
 *
 *   matvecModule({ epilogue?, …target }) → MatvecExports
 *     run(rows, k, matrix, rowStep, x, y, scratch, …operands)
 *       y[i] = Σ_k matrix[i·rowStep/4 + k] · x[k]; rowStep in bytes; matvecScratchBytes of scratch
 *
 *   Epilogues, an option of contraction, direct and matvec: a scalar expression (input 0 is the sum, input i + 1
 *     operand i) that is applied before a result is written. Each operand's address follows the other arguments:
 *     of the value beside the first result (`cell`), of the first row's or column's, or of a `scalar`.
 *
 *   elementwiseModule({ expression, inputs: [{ type, innerStride }], outputs?: [{ node, type }], domain? })
 *     → ElementwiseExports; out[i] = f(in0[i], in1[i], …), operators in expression.ts, or formulas
 *     run(count, outer, out0, …, in0, …)
 *       count: length of the inner axis (input stride 0 or 1 there, fixed by `innerStride`)
 *       outer: 0 for none, or the address of 5 sizes (outermost first, unused ones 1), then for each
 *       input 5 element strides (any sign). Outputs are written one after the other, contiguous.
 *       An output may be one of the inputs exactly (same address, same type, not broadcast).
 *     Types f32, i32, u8 are converted at loads and stores: numbers beyond int32 saturate, bytes keep
 *     the low 8 bits. Domain f32 has all operators; i32 (exact, wraps around) those that
 *     supports('i32', op) names. Results in float32 are within 5e-7 of the exact ones (relatively);
 *     those below 2⁻¹²⁶ may be 0; sin, cos, tan are NaN beyond |x| = 2²⁸ · π/2.
 *
 *   convertModule({ from: 'i32' | 'u8' }) → ConvertExports, float32 out
 *     run(count, input, output)
 *
 *   reduceModule({ op: 'sum' | 'prod' | 'max' | 'min', type: 'f32' | 'i32' }) → ReduceExports
 *   argReduceModule({ op: 'argmax' | 'argmin' }) → ReduceExports, int32 out
 *     run(outer, reduced, inner, input, output)    [outer, reduced, inner] → [outer, inner]
 *     An empty axis reduces to 0, 1, -Infinity or Infinity; argmax and argmin need reduced >= 1.
 *
 *   stridedCopyModule({ elementBytes: 4 | 1 }) → StridedCopyExports
 *     run(descriptor, source, destination)
 *       descriptor: 8 sizes, 8 source strides, 8 destination strides (outermost first, unused outer
 *       axes 1); copyDescriptor(shape, sourceStrides, destinationStrides) makes the words, merging
 *       and ordering axes so that vector copies and transposes are found.
 *
 *   axisMapModule(target) → AxisMapExports
 *     out[o, j, i] = Σ_t coefficient[t] · in[o, index[t], i], starts[j] <= t < starts[j + 1]
 *     run(outer, inputAxis, outputAxis, inner, starts, index, coefficient, input, output)
 *
 *   windowMaxModule({ outputs: 'value' | 'index' | 'both' }) → WindowMaxExports
 *     run(outer, inner, axes, input, value, index)     over [outer, plane, inner]
 *       axes: 4 × (input size, output size, starts address, index address), outermost first,
 *       row-major planes. A unit axis has sizes 1, 1, starts [0, 1], index [0]. value or index is
 *       ignored where the module does not write it. Empty window: -Infinity and -1.
 *
 *   planeMaxModule({ stride, taps, dilation, …target }) → PlaneMaxExports
 *     the same values, inner 1, where windows of the last axis are even: run(outer, axes, width, outputs, low,
 *     input, output, line); axes: 3, as above, those before the last; line: planeMaxLineBytes(…) bytes
 *
 *   gatherModule(target) → GatherExports (4-byte elements, float32 where added; indices are
 *   int32, checked by the caller)
 *     gatherRows(outer, axis, count, inner, index, input, output)       [outer, axis, inner] → [outer, count, inner]
 *     scatterAddRows(outer, axis, count, inner, index, input, output)   the adjoint; adds into output
 *     gatherElements(outer, axis, count, inner, index, input, output)   index is [outer, count, inner],
 *       where a negative index gives 0 (and adds nothing in the adjoint)
 *     scatterAddElements(outer, axis, count, inner, index, input, output)
 *
 *   fillModule(target) → FillExports
 *     zero(address, bytes)
 *
 *   fftModule({ size, …target }) → FftExports
 *     forward(values, twiddles), back(values, twiddles)    in place, unscaled, any order of frequencies
 *       values: blocks of eight complex values, real parts then imaginary parts, 8·size bytes
 *       twiddles: fftTwiddles(size)
 *   fftTransferModule(target) → FftTransferExports
 *     load(to, values, start, step, from, stride, count), store(from, step, to, stride, count, bias)
 *       lines of floats to and from the real parts of values, or (32 bytes on) the imaginary parts
 *   spectrumModule({ lines, wide, …target }) → SpectrumExports
 *     conjugate(values, blocks, factor)
 *     multiply(to, toLine, x, xLine, xChannel, kernel, kernelChannel, channels, blocks)
 *
 *   winogradInputModule, winogradWeightModule, winogradOutputModule({ tiles, wide, …target })
 *     Bᵀ d, G g and Aᵀ m of F(size, taps) along every axis (1 and 1 for one that is not transformed), over
 *     blocks of eight channels: a transformed tensor is planes, one for each product of a tile, of
 *     [channel block, tile, lane]. `wide`: V8 revectorizes to 256 bits.
 *     input.run(region, tensor, to, work), input.bring(region, tensor, channels, work, lane),
 *     input.change(region, to, work), output.run(region, from, tensor, bias, work): regionTable(…)
 *     makes the words at `region`; see winograd/region.ts.
 *     weight.run(words, channels, rows, weight, rowStep, channelStep, to, record, work)
 *       words: tapWords(taps, blocks, views), work: tapWork(tiles, taps, blocks) bytes; see winograd/taps.ts
 *
 *   blockProductModule({ rows, blocks, unroll, …target }) → BlockProductExports
 *     run(planes, cells, channels, outputBlocks, from, fromBlock, fromPlane, weight, weightPlane, to, toBlock, toPlane)
 *       plane by plane: to[block, cell, lane] = Σ_c from[c / 8, cell, c % 8] · weight[…, c, lane]
 *     6 × 2 suits 256 bits, 4 × 1 sixteen registers of 128 bits in every V8.
 *
 *   winogradGradientModule({ tiles, wide, …target }), winogradInputModule({ … }, 'upstream')
 *     Gᵀ u and A ∇y, for the gradient of the weight.
 *     gradient.run(words, channels, rows, from, weight, rowStep, channelStep, work)
 *       words and work as for the weight's
 *
 *   outerProductModule({ blocks, …target }) → OuterProductExports
 *     run(planes, cells, channels, outputBlocks, from, fromBlock, fromPlane, by, byBlock, byPlane, to, toBlock, toPlane, add)
 *       plane by plane: to[block, c, lane] (+)= Σ_cell from[c / 8, cell, c % 8] · by[block, cell, lane]
 *
 *   directModule({ axes, channels, outputs, weightsPerTap?, share?, hasBias, wide, …target }) → DirectExports
 *     Convolution of a group of few channels, channels first; axes are those of the geometry.
 *     run(first, end, groups, input, weight, bias, output, scratch)
 *       pieces [first, end) of work, numbered by sample, group and band (directForm says how many bands);
 *       weight and bias: of all groups, as weightShape has them; scratch: directScratchBytes(directForm(…))
 *     weightsPerTap: the innermost axis is the channels of a depthwise channels-last tensor, so many;
 *     the weight is then [tap, channel]. Overlapping pieces write the same values twice.
 *
 *   directGradientModule({ axes, channels, outputs, wide, …target }) → DirectGradientExports
 *     run(firstGroup, endGroup, groups, firstSample, endSample, input, upstream, weight, scratch)
 *       the weights of these groups, summed over these samples; axes without upsampling, at least
 *       leastWidth outputs along the innermost; scratch: directGradientScratchBytes(…) bytes
 *
 * Names. `<type>-<kernel>[-<variant>][-relaxed][-shared]`: type f32, i32, or b1, b4 for elements of so many
 * bytes; kernel `contract` (variant rows x columns), `matvec`, `turned` (variant rows x columns), `map(<input types>)->(<outputs>)=<nodes>`, `reduce`
 * and `argreduce` (variant: the operator), `copy`, `convert` (variant: the type before), `axismap`, `windowmax` (variant: what it writes), `planemax` (k taps, s stride, d dilation),
 * `gather`, `fill`, `fft` (variant: size), `fft-transfer`, `spectrum` (variant: lines),
 * `winograd-<transform>` (variant: tiles), `blockproduct` (variant cells x channels),
 * `direct` and `directgradient` (variant: channels to outputs; of each axis input, k kernel, s stride, d
 * dilation, u upsampling, l low padding, f where flipped, o output; +bias; -wide). Examples:
 * `f32-contract-4x8-shared`, `f32-map(f32,f32.0)->(3:f32)=x0;x1;add(0,1);tanh(2)` (.0 marks an input that
 * is constant along the inner axis).
 */
export {
  type ContractionExports,
  type ContractionOptions,
  contractionModule,
  contractionPackedBytes,
  contractionScratchBytes,
} from './contraction/contraction.ts'
export {
  type MatvecExports,
  type MatvecOptions,
  matvecModule,
  matvecScratchBytes,
} from './contraction/matvec.ts'
export {
  type TurnedExports,
  turnedModule,
  turnedPackedBytes,
  turnedScratchBytes,
} from './contraction/turned.ts'
export type { TurnedOptions } from './contraction/turnedMicro.ts'
export { type ConvertExports, type ConvertOptions, convertModule } from './convert.ts'
export { copyAxes, copyDescriptor } from './copy/descriptor.ts'
export {
  type StridedCopyExports,
  type StridedCopyOptions,
  stridedCopyModule,
} from './copy/stridedCopy.ts'
export {
  type DirectExports,
  type DirectOptions,
  directModule,
  directScratchBytes,
} from './direct/direct.ts'
export { type DirectForm, type DirectGeometry, directForm, directLabel } from './direct/form.ts'
export { leastWidth } from './direct/gradientTiles.ts'
export { directCycles } from './direct/tile.ts'
export {
  type DirectGradientExports,
  type DirectGradientOptions,
  directGradientModule,
  directGradientScratchBytes,
} from './direct/weightGradient.ts'
export type { DomainName, ElementType } from './elementwise/elements.ts'
export {
  type ElementwiseExports,
  type ElementwiseInput,
  type ElementwiseOptions,
  type ElementwiseOutput,
  elementwiseModule,
  supports,
} from './elementwise/elementwise.ts'
export type { Formula } from './elementwise/mathematics.ts'
export { kernelEpilogue } from './elementwise/registerCode.ts'
export { epilogueLabel, type KernelEpilogue, type OperandAccess } from './epilogue.ts'
export {
  arities,
  type Expression,
  type ExpressionNode,
  printExpression,
  type ScalarOperator,
} from './expression.ts'
export {
  blockBytes,
  type FftExports,
  type FftOptions,
  type FftTransferExports,
  fftModule,
  fftTransferModule,
  fftTwiddles,
  imaginary,
  type SpectrumExports,
  type SpectrumOptions,
  spectrumModule,
} from './fft/index.ts'
export { type FillExports, fillModule } from './fill.ts'
export { type GatherExports, gatherModule } from './gather.ts'
export type { KernelModule, KernelTarget } from './kernel.ts'
export { type ArgReduceOptions, argReduceModule } from './reduce/argReduce.ts'
export type { ReduceExports } from './reduce/overAxes.ts'
export { type ReduceOperator, type ReduceOptions, reduceModule } from './reduce/reduce.ts'
export { type AxisMapExports, axisMapModule } from './window/axisMap.ts'
export {
  type PlaneMaxExports,
  type PlaneMaxOptions,
  planeMaxLineBytes,
  planeMaxModule,
  rowAxes,
} from './window/planeMax.ts'
export {
  type WindowMaxExports,
  type WindowMaxOptions,
  windowAxes,
  windowMaxModule,
} from './window/windowMax.ts'
export { boxMax } from './winograd/boxMax.ts'
export { type BoxWindows, windowsLabel } from './winograd/boxWindows.ts'
export {
  type WinogradGradientExports,
  winogradGradientModule,
} from './winograd/gradient.ts'
export { type WinogradInputExports, winogradInputModule } from './winograd/input.ts'
export { type OuterProductExports, outerProductModule } from './winograd/outer.ts'
export { type WinogradOutputExports, winogradOutputModule } from './winograd/output.ts'
export {
  amplification,
  isTransformed,
  mostProducts,
  productsOf,
  type Side,
  type Tile,
  tileName,
} from './winograd/points.ts'
export {
  type BlockProductExports,
  type BlockProductOptions,
  blockProductDepth,
  blockProductModule,
} from './winograd/product.ts'
export { type RegionWords, regionTable } from './winograd/region.ts'
export { tapWords, tapWork, type ViewTaps } from './winograd/taps.ts'
export type { WinogradOptions } from './winograd/transform.ts'
export {
  type WinogradWeightExports,
  winogradWeightModule,
} from './winograd/weight.ts'
