/** Receivers of webhooks on loopback, each of its own temper, that keep what they got. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };

/** Answers a request; the body was read. By default 204. */
export type Temper = (request: Received, response: ServerResponse, times: number) => void | Promise<void>;

export type WebhookReceiver = {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly received: Received[];
  url(path: string): string;
  /** Of requests to this path. */
  on(path: string, temper: Temper): void;
  at(path: string): Received[];
  close(): Promise<void>;
};

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const tempers = new Map<string, Temper>();
  const at = (path: string) => received.filter((request) => request.path === path);
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const kept = { path, headers: request.headers, body };
    received.push(kept);
    const temper = tempers.get(path);
    if (temper) await temper(kept, response, at(path).length);
    else response.writeHead(204).end();
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    received,
    url: (path) => `http://${host}${path}`,
    on: (path, temper) => void tempers.set(path, temper),
    at,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
