/** What an instruct model is asked to prove that it makes sense, and what its answer must match. */
export const oneLineFunction = {
  prompt: 'Write a one-line Python function that adds two numbers.',
  expect: 'def\\s+\\w+\\s*\\(|lambda',
}

/** The same for a base model, which continues text instead of answering. */
export const continuedFunction = {
  prompt: 'def add(a, b):\n    """Return the sum of a and b."""\n    return',
  expect: 'a\\s*\\+\\s*b',
}
