import { LabosError } from '../errors/labos-error.js'

/** The request field for a `--temperature`, checked: 0 to 2. */
export function temperatureOf(text: string | undefined): { readonly temperature?: number } {
  if (text === undefined) return {}
  const temperature = Number(text)
  if (text.trim() !== '' && temperature >= 0 && temperature <= 2) return { temperature }
  throw new LabosError('usage.value', `--temperature ${text} is not a number from 0 to 2.`, {
    suggestions: ['Use for example `--temperature 0.2`.'],
  })
}
