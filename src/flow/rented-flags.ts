/** Names of the flags that say something about rented machines only, in whichever command they stand. */
export const RENTED_FLAGS = [
  'precision',
  'region',
  'gpu',
  'instance-type',
  'spot',
  'max-price',
  'max-cost',
  'vram',
] as const
