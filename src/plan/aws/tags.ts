/** The tags of everything that labos makes in an account: by them alone it is found again. */
export const TAGS = {
  /** The lab's id. */
  lab: 'labos:lab',
  name: 'labos:name',
  /** `user@host`. */
  owner: 'labos:owner',
  /** ISO 8601. The machine reads it each minute, and ends itself then. */
  expiresAt: 'labos:expires-at',
  model: 'labos:model',
  version: 'labos:version',
  /** Of a CI run. */
  run: 'labos:run',
} as const
