// Command lines that are wrong: one line on standard error, nothing on standard output, status 2.
import { describe, expect, it } from 'vitest'
import { striate } from '../support/command.ts'

const wrong: readonly (readonly [line: string, message: string])[] = [
  ['trian lenet5', 'striate: the command must be a known one, got trian; did you mean train?'],
  ['train lenet', 'striate: train: <model> must be a known one, got lenet; did you mean lenet5?'],
  [
    'train',
    'striate: train: <model> is missing, got nothing; for example: striate train lenet5 --data drawn',
  ],
  [
    'train lenet5 --epoch 3',
    'striate: train: the option must be a known one, got --epoch; did you mean --epochs?',
  ],
  ['train lenet5 --learningrate 3', 'did you mean --learning-rate?'],
  [
    'train lenet5 --epochs',
    'striate: train: --epochs must be a whole number of at least 1, got nothing',
  ],
  [
    'train lenet5 --epochs --json',
    'striate: train: --epochs must be a whole number of at least 1, got nothing',
  ],
  [
    'train lenet5 --epochs 2.5',
    "striate: train: --epochs must be a whole number of at least 1, got '2.5'",
  ],
  ['train lenet5 --epochs 0x10', "got '0x10'"],
  [
    'train lenet5 --seed -1',
    "striate: train: --seed must be a whole number of at least 0, got '-1'",
  ],
  [
    'train lenet5 --learning-rate NaN',
    "striate: train: --learning-rate must be a number above 0, got 'NaN'",
  ],
  [
    'train lenet5 --momentum 1',
    "striate: train: --momentum must be a number of at least 0 and below 1, got '1'",
  ],
  [
    'train lenet5 --optimizer adan',
    'striate: train: --optimizer must be one of sgd, adam, adamw, rmsprop, got',
  ],
  ['train lenet5 --out=', 'striate: train: --out must be a file, got'],
  ['train lenet5 --json=yes', "striate: train: --json takes no value, got 'yes'"],
  ['train lenet5 -x', 'striate: train: the option must be a known one, got -x'],
  [
    'train lenet5 lenet5',
    "striate: train: arguments must be <model> and options, got 'lenet5' besides",
  ],
  ['profile lenet5 --batch 0', 'striate: profile: --batch must be a whole number of at least 1'],
  ['profile lenet5 --train=yes', "striate: profile: --train takes no value, got 'yes'"],
  ['profile lenet', 'did you mean lenet5?'],
  ['profile lenet5 --trace', 'striate: profile: --trace must be a file, got nothing'],
  ['summary somethingelse', 'got somethingelse; striate models lists them'],
  ['summary resnet19', 'did you mean resnet18?'],
  ['train resnet18', 'striate: train: <model> must be a network of digits (lenet5), got resnet18'],
  ['models lenet5', "striate: models: arguments must be options only, got 'lenet5' besides"],
  [
    'summary net.safetensors',
    "got the file 'net.safetensors'; a file of weights says nothing of the layers around them",
  ],
  [
    'summary lenet5 --input 1x28x',
    'striate: summary: --input must be whole numbers of at least 1 joined by x',
  ],
  ['explain conv4d --input 1x4', 'did you mean conv1d?'],
  ['explain convtranpose2d --input 1x4x4', 'did you mean convTranspose2d?'],
  [
    'explain conv2d --input 3x5x5 --padding around',
    "must be whole numbers joined by x, low:high pairs, 'valid', 'same' or 'causal'",
  ],
  ['explain conv2d --input 3x5x5 --padding 1:2:3', "got '1:2:3'"],
  ['help tarin', 'did you mean train?'],
  ['--verbose', 'striate: the first word must be a command, got --verbose'],
]

describe('a wrong command line', () => {
  it.each(wrong)('striate %s', async (line, message) => {
    const { status, stdout, stderr } = await striate(line.split(' '))
    expect(stderr).toContain(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})

const impossible: readonly (readonly [line: string, message: string])[] = [
  [
    'explain conv2d',
    'striate: conv2d: --input must be given, got nothing; for example --input 3x5x5',
  ],
  [
    'explain conv2d --input 3x5 --kernel 3',
    'striate: conv2d: --input must be channels and 2 sizes, got 3x5',
  ],
  ['explain conv2d --input 3x5x5', 'striate: conv2d: kernelSize must be given'],
  ['explain conv2d --input 3x5x5 --kernel 9', 'striate: conv2d: '],
  ['explain conv2d --input 3x5x5 --kernel 3 --groups 2', 'striate: conv2d: '],
  ['explain conv2d --input 3x5x5 --kernel 3 --at 0,9,9', 'striate: conv2d: position'],
  [
    'explain conv2d --input 3x5x5 --kernel 3 --at 0,0,0,0',
    'striate: explain: --at must be an output channel and 2 places',
  ],
  [
    'explain conv2d --input 3x5x5 --kernel 3 --weights a,b',
    'striate: explain: --weights must be numbers joined by commas',
  ],
  ['explain conv2d --input 3x5x5 --kernel 3 --weights 1,2', 'striate: conv2d: weight'],
  ['explain conv2d --input 3x5x5 --kernel 3 --weights none.npy', 'striate: readBytes: '],
  [
    'explain conv2d --input 3x5x5 --kernel 3 --output-padding 1',
    'striate: conv2d: outputPadding belongs to transposed convolution',
  ],
  ['summary lenet5 --input 1x8x8', 'striate: '],
  ['summary lenet5 --input 3x28x28', 'striate: '],
  [
    'train lenet5 --momentum 0.9',
    'striate: train: --momentum must go with sgd or rmsprop, got --optimizer adam',
  ],
  [
    'train lenet5 --data nowhere',
    "striate: train: --data must be 'drawn' or a folder with the four files of MNIST, got 'nowhere'",
  ],
]

describe('a command that cannot be done', () => {
  it.each(impossible)('striate %s', async (line, message) => {
    const { status, stdout, stderr } = await striate(line.split(' '))
    expect(stderr).toContain(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(stderr).not.toContain('(unexpected')
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })
})

it('shows where an error was made with STRIATE_DEBUG', async () => {
  const { stderr } = await striate(['summary', 'lenet7'], { environment: { STRIATE_DEBUG: '1' } })
  expect(stderr).toMatch(/\n +at /)
})
