/** `value` as JSON text. Times are whole milliseconds: clocks know more digits than they mean. */
export const toJson = (value: unknown, indent?: number): string => JSON.stringify(value, wholeMs, indent)

const wholeMs = (key: string, value: unknown): unknown =>
  typeof value === 'number' && key.endsWith('Ms') ? Math.round(value) : value
