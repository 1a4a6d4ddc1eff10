/** ssh2, loaded lazily: CommonJS whose names are read from one value. */
import ssh2 from 'ssh2'

export const { Client } = ssh2
