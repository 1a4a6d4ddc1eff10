/** An engine that is there at once, for the tests of what comes before it: it answers /health and /metrics, and nothing else. */

const VLLM = `#!/usr/bin/python3
import http.server, sys
config = open(sys.argv[sys.argv.index("--config") + 1]).read()
port = next(int(line.split(":")[1]) for line in config.splitlines() if line.startswith("port:"))
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/metrics": self.wfile.write(b"vllm:num_requests_running 0.0\\nvllm:prompt_tokens_total 0.0\\n")
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()
`

/** By path: whole, as the machine's own installation of that version would be. */
export const stubEngine = (folder: string, version: string): ReadonlyMap<string, string> =>
  new Map([
    [`${folder}/engine-${version}/bin/python`, '#!/bin/sh\nexit 0\n'],
    [`${folder}/engine-${version}/bin/vllm`, VLLM],
    [`${folder}/engine-${version}/installed`, ''],
  ])

/** User data that writes them too, before the machine sets itself up. */
export const withFiles = (cloudConfig: string, files: ReadonlyMap<string, string>): string =>
  cloudConfig.replace(
    '\nruncmd:\n',
    `\n${[...files]
      .map(
        ([path, text]) =>
          `- {path: "${path}", permissions: "0755", encoding: b64, content: "${Buffer.from(text).toString('base64')}"}`,
      )
      .join('\n')}\nruncmd:\n`,
  )
