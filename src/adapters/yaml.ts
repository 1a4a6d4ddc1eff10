/** Loaded only where YAML is read. A file of its own: bundled CommonJS shows its names only to a static import. */
export { parse, parseDocument } from 'yaml'
