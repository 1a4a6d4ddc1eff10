import type { EngineName } from '../plan/plan.js'
import type { LocalEngine } from './engine.js'
import { llamaCpp } from './llama-cpp.js'
import { ollama } from './ollama.js'

const engines: Readonly<Record<EngineName, LocalEngine>> = { 'llama.cpp': llamaCpp, ollama }

/** The record of an engine of this computer. */
export const engineNamed = (name: EngineName): LocalEngine => engines[name]
