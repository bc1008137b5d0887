/**
 * Stands before an S3 endpoint and breaks what passes, at a seeded rate. Signed requests go through as they are, with the
 * Host that was signed. It checks the hashes that a PUT promises, as S3 does and the local simulator does not.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import type { Random } from "./seeded-random.ts";

/** What may go wrong with a write, and with a read. */
const FAULTS = {
  PUT: ["error", "slow_down", "hang", "cut_request", "lost_answer"],
  GET: ["error", "slow_down", "hang", "cut_answer", "stalled_answer", "wrong_bytes"],
} as const;
export type StorageFault = (typeof FAULTS)["PUT" | "GET"][number];

/** Around the n-th request: nothing has been forwarded yet, or the storage has answered and the client does not know. */
export type Moment = "before" | "after";

export type FaultProxy = {
  readonly endpoint: string;
  /** The share of requests that goes wrong. */
  rate: number;
  /** Called at every request, counted from 1. */
  onRequest: (count: number, moment: Moment) => Promise<void>;
  /** Starts to count again; what is under way does not count any more. */
  recount(): void;
  /** How often each fault happened. */
  readonly injected: ReadonlyMap<StorageFault, number>;
  /** Writes whose bytes were not what their hash promised. */
  readonly mismatches: number;
  close(): Promise<void>;
};

export async function startFaultProxy(target: string, random: Random): Promise<FaultProxy> {
  const { hostname, port, pathname } = new URL(target);
  const injected = new Map<StorageFault, number>();
  let count = { requests: 0 };
  const proxy = { rate: 0, onRequest: async () => {}, mismatches: 0, injected } as {
    -readonly [K in "rate" | "onRequest" | "mismatches" | "injected"]: FaultProxy[K];
  };

  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });
  // So that a hanging request does not keep the process.
  server.unref();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const own = count;
    own.requests += 1;
    const number = own.requests;
    const fault = chooseFault(incoming.method);
    if (fault !== null) injected.set(fault, (injected.get(fault) ?? 0) + 1);
    if (fault === "hang") return;
    if (fault === "cut_request") {
      incoming.once("data", () => incoming.destroy());
      return;
    }
    const body = await readBody(incoming);
    if (!keepsPromises(incoming, body)) {
      proxy.mismatches += 1;
      return answerError(response, 400, "XAmzContentSHA256Mismatch");
    }
    if (fault === "error") return answerError(response, 500, "InternalError");
    if (fault === "slow_down") return answerError(response, 503, "SlowDown");
    if (own === count) await proxy.onRequest(number, "before");
    const answer = await forward(incoming, body);
    if (own === count) await proxy.onRequest(number, "after");
    if (fault === "lost_answer") {
      response.destroy();
      return;
    }
    send(response, answer, fault);
  }

  function chooseFault(method = ""): StorageFault | null {
    const possible = method === "PUT" || method === "GET" ? FAULTS[method] : [];
    if (random() >= proxy.rate) return null;
    return possible[Math.floor(random() * possible.length)] ?? null;
  }

  async function forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const call = request({ hostname, port, method, path: url, headers });
    call.end(body);
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 502, headers: response.headers, body: await readBody(response) };
  }

  const { port: ownPort } = server.address() as AddressInfo;
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${ownPort}${pathname}`,
    recount: () => {
      count = { requests: 0 };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: Buffer };

function send(response: ServerResponse, { status, headers, body }: Answer, fault: StorageFault | null): void {
  const { "transfer-encoding": _, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-length": body.length });
  switch (fault) {
    case "cut_answer":
      response.write(body.subarray(0, body.length / 2), () => response.destroy());
      return;
    case "stalled_answer":
      response.write(body.subarray(0, body.length / 2));
      return;
    case "wrong_bytes":
      response.end(body.map((byte, index) => (index === body.length >> 1 ? byte ^ 1 : byte)));
      return;
    default:
      response.end(body);
  }
}

function answerError(response: ServerResponse, status: number, code: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml" }).end(text);
}

/** Whether the bytes have the hashes that the headers say. */
function keepsPromises({ headers }: IncomingMessage, body: Buffer): boolean {
  const sha256 = createHash("sha256").update(body);
  const signed = String(headers["x-amz-content-sha256"] ?? "");
  const hash = sha256.copy().digest("hex");
  if (/^[0-9a-f]{64}$/.test(signed) && signed !== hash) return false;
  const promised = headers["x-amz-checksum-sha256"];
  if (promised !== undefined && promised !== sha256.digest("base64")) return false;
  const promisedCrc = headers["x-amz-checksum-crc32"];
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return promisedCrc === undefined || promisedCrc === crc.toString("base64");
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
