"""
Run by a Python that has just installed vLLM from the index: everything loads, and what vLLM keeps of a model's class after it
first looked at it is kept in VLLM_CACHE_ROOT, which saves each new machine that look.
"""

import vllm.entrypoints.openai.api_server  # noqa: F401
from vllm.model_executor.models.registry import ModelRegistry

if __name__ == "__main__":
    ModelRegistry.models["DeepseekV2ForCausalLM"].inspect_model_cls()
