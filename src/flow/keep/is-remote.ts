import type { Paths } from '../../state/paths.js'
import { readMachineLab } from '../../state/read.js'

/** The lab runs on a machine that is reached over SSH. Throws what the record's reading throws. */
export const isRemote = (name: string, paths: Paths): boolean => readMachineLab(paths, name) !== undefined
