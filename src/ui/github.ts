/** What the log of a GitHub Actions job understands: groups, annotations, masks. Read from stderr as well as from stdout. */
import type { LabosError } from '../errors/labos-error.js'
import type { LabosEvent } from './events.js'
import type { Output, Reporter } from './reporter.js'

/** Values of a workflow command: what would end it is escaped. */
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** From then on the log shows `***` in its place. */
export const maskCommand = (secret: string): string => `::add-mask::${data(secret)}\n`

/** An error as an annotation of the job: what happened, what is left, what to do. */
export function errorCommand({ code, message, aftermath, suggestions }: LabosError): string {
  const lines = [message, ...(aftermath === undefined ? [] : [aftermath]), ...suggestions.map((text) => `- ${text}`)]
  return `::error title=${property(`labos: ${code}`)}::${data(lines.join('\n'))}\n`
}

/** `plain` with its lines in groups, one before the command of `labos run` and one after it; warnings are annotations. */
export function githubReporter(plain: Reporter, output: Output, titles: { before: string; after: string }): Reporter {
  let title = titles.before
  let isOpen = false
  const close = (): void => {
    if (isOpen) output.write('::endgroup::\n')
    isOpen = false
  }
  const emit = (event: LabosEvent): void => {
    if (event.type === 'warning') {
      output.write(`::warning title=labos::${data(event.text)}\n`)
      return
    }
    if (event.type === 'command') {
      close()
      title = titles.after
    } else if (event.type !== 'command-ended' && !isOpen) {
      isOpen = true
      output.write(`::group::${data(title)}\n`)
    }
    plain.emit(event)
  }
  return {
    emit,
    stop: () => {
      plain.stop()
      close()
    },
  }
}
