/** What is written on each model, by catalogue id. */
import { fullBaseText, fullInstructText } from './deepseek-coder-v2-full.js'
import { liteBaseText, liteInstructText } from './deepseek-coder-v2-lite.js'
import type { ReportText } from './report-text.js'
import { smollm2Text } from './smollm2.js'

export const reportTexts: Readonly<Record<string, ReportText>> = {
  smollm2: smollm2Text,
  'deepseek-coder-v2': liteInstructText,
  'deepseek-coder-v2:lite-base': liteBaseText,
  'deepseek-coder-v2:236b': fullInstructText,
  'deepseek-coder-v2:236b-base': fullBaseText,
}
