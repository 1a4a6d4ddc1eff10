/** Bytes in one GiB. */
export const GIB = 2 ** 30
