/**
 * One HTTP request over node:http. Not `fetch`: Node does not resolve `*.localhost`, and only node:http takes a look-up of
 * our own, with which such names lead to this machine while the Host header stays the true one.
 */
import { lookup as resolveName } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export type Exchange = {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  /** How long the connection may be silent, before the answer and in it. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
};

/** Resolves with the answer's head; its body is still to be read. Rejects when there is no answer. */
export function exchange({ method, url, headers, body = [], silenceMs, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const length = body.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const outgoing = request(
      url,
      {
        method,
        headers: method !== "GET" ? { ...headers, "content-length": String(length) } : headers,
        timeout: silenceMs,
        signal,
        lookup: lookUpLocalhost,
      },
      resolve,
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing came for ${silenceMs / 1000} seconds`)));
    outgoing.on("error", reject);
    for (const chunk of body) outgoing.write(chunk);
    outgoing.end();
  });
}

const lookUpLocalhost: LookupFunction = (hostname, options, callback) =>
  resolveName(hostname.endsWith(".localhost") ? "localhost" : hostname, options, callback);
