/** Plain HTTP to a local world: Node does not resolve `*.localhost`, so the connection goes to loopback and Host says where. */
import { Agent, type IncomingHttpHeaders, request } from "node:http";

export type RawResponse = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
};

export type RawRequest = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Cuts the connection. */
  readonly signal?: AbortSignal;
};

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export function send(origin: string, host: string, path: string, init: RawRequest = {}): Promise<RawResponse> {
  const { hostname, port } = new URL(origin);
  const { method = "GET", headers = {}, body, signal } = init;
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, path, method, headers: { ...headers, host }, signal };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes,
          text: bytes.toString("utf8"),
        });
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}
