import type { EngineName } from '../plan/plan.js'
import type { Engine } from './engine.js'
import { llamaCpp } from './llama-cpp.js'
import { ollama } from './ollama.js'

const engines: Readonly<Record<EngineName, Engine>> = { 'llama.cpp': llamaCpp, ollama }

/** The record of an engine. */
export const engineNamed = (name: EngineName): Engine => engines[name]
