import type { ModelText } from '../../report/model-report.js'
import type { Precision } from '../../precision.js'

/** What is written for one model of the catalogue. */
export interface ReportText extends ModelText {
  /** What is known of the weights in one precision, beside the catalogue's own note. */
  readonly checkpointNotes: Partial<Readonly<Record<Precision, string>>>
}
