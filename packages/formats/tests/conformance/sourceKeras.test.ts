// Generated Keras programs give the library's own numbers, where there is a Python with Keras.
import { findPython } from '../support/python.ts'
import { sourceSuite } from '../support/sourceSuite.ts'

const place = findPython({
  module: 'keras',
  variable: 'STRIATE_KERAS_PYTHON',
  runner: './runKeras.py',
})

sourceSuite({ title: 'Keras programs', to: 'keras', ...place })

// TensorFlow on the CPU convolves with the channels last only.
if (process.env.KERAS_BACKEND === 'torch' || process.env.KERAS_BACKEND === 'jax')
  sourceSuite({
    title: 'Keras programs, channels first',
    to: 'keras',
    layout: 'channels-first',
    ...place,
  })
