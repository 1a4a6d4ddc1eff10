"""llama.cpp's HTTP server on a loopback port, for the labos keeper.

The keeper holds this program's standard input open. When the keeper ends, however it ends, the input closes and the
server leaves: an engine never outlives its keeper. The API key comes in LABOS_ENGINE_KEY, not on argv.
"""

import argparse
import os
import signal
import sys
import threading


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="path of a GGUF file")
    parser.add_argument("--alias", required=True, help="name the API shows")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--context", type=int, required=True, help="tokens, shared by all requests")
    parser.add_argument("--parallel", type=int, required=True, help="requests served at the same time")
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args()


def leave_when_input_closes():
    # os._exit: the server's own threads are in C++ and would keep a normal exit waiting.
    try:
        while sys.stdin.buffer.read(4096):
            pass
    finally:
        os._exit(0)


def main():
    arguments = parse_arguments()
    key = os.environ.pop("LABOS_ENGINE_KEY")
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: os._exit(0))
    threading.Thread(target=leave_when_input_closes, daemon=True).start()

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {arguments.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.api_keys = [key]
    params.n_ctx = arguments.context
    params.n_parallel = arguments.parallel
    params.kv_unified = True  # one cache for all requests: each may use the whole context
    params.cache_ram_mib = 0  # no second prompt cache in RAM: the plan promises a memory size
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.endpoint_metrics = True
    params.endpoint_slots = False
    params.ui = False
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
