/** A resolver that speaks DNS over HTTPS in wire format (RFC 8484), and says what a test tells it to. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";

/** What it says to a question: records, a response code, or bytes of any kind. */
export type DohAnswer = {
  readonly answers?: Answer[];
  readonly rcode?: number;
  readonly bytes?: Buffer;
  readonly status?: number;
};

export type DohServer = {
  readonly url: string;
  readonly asked: string[];
  /** To the nth question (from 1) of that name and type. Without one: no such host. */
  zone: (name: string, type: string, times: number) => DohAnswer | null;
  close(): Promise<void>;
};

const NXDOMAIN = 3;

export async function startDohServer(): Promise<DohServer> {
  const asked: string[] = [];
  const doh: Pick<DohServer, "zone"> = { zone: () => null };
  const server = createServer(async (request, response) => {
    const query = decode(await readBody(request));
    const question = query.questions?.[0];
    if (request.headers["content-type"] !== "application/dns-message" || !question) {
      response.writeHead(400).end();
      return;
    }
    const line = `${question.name} ${question.type}`;
    asked.push(line);
    const {
      answers = [],
      rcode = 0,
      bytes,
      status = 200,
    } = doh.zone(question.name, question.type, asked.filter((earlier) => earlier === line).length) ?? {
      rcode: NXDOMAIN,
    };
    const message = encode({
      type: "response",
      id: query.id ?? 0,
      flags: AUTHORITATIVE_ANSWER | rcode,
      questions: [question],
      answers,
    });
    response.writeHead(status, { "content-type": "application/dns-message" }).end(bytes ?? message);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`;
  return Object.assign(doh, {
    url,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
