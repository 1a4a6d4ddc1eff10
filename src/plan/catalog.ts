/** The models labos knows by name. Data, not code: adding a model is adding an entry. */
import { deepseekCoderV2 } from './models/deepseek-coder-v2.js'
import { smollm2 } from './models/smollm2.js'
import type { CatalogModel } from './catalog-model.js'

export type { CatalogModel, Checkpoint, LocalServing } from './catalog-model.js'

export const catalog: readonly CatalogModel[] = [smollm2, ...deepseekCoderV2]
