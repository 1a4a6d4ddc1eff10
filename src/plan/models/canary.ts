import type { Canary } from '../catalog-model.js'

/** What an instruct model is asked to prove that it makes sense, and what its answer must match. */
export const oneLineFunction: Canary = {
  prompt: 'Write a one-line Python function that adds two numbers.',
  asks: 'chat',
  expect: 'def\\s+\\w+\\s*\\(|lambda',
}

/** The same for a base model, which continues text instead of answering. */
export const continuedFunction: Canary = {
  prompt: 'def add(a, b):\n    """Return the sum of a and b."""\n    return',
  asks: 'completion',
  expect: 'a\\s*\\+\\s*b',
}
