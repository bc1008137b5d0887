/** Looks hosts up with DNS over HTTPS (RFC 8484). `node:dns` in Workers asks one fixed resolver and lacks `lookup`. */
import { err, ok, type Result } from "../../schema/result.ts";
import { withDeadline } from "../deadline.ts";
import { encodeQuestion, MAX_MESSAGE_BYTES, readAnswer } from "./message.ts";

/** All addresses of a host, as text; a failure says why there are none. */
export type Resolve = (hostname: string) => Promise<Result<readonly string[], string>>;

const LOOKUP_TIMEOUT_MS = 5_000;
const MEDIA_TYPE = "application/dns-message";
const UNANSWERED = "The resolver did not answer.";

export function createResolver(fetch: (request: Request) => Promise<Response>, url: string): Resolve {
  async function ask(hostname: string, type: "A" | "AAAA"): Promise<Result<readonly string[], string>> {
    const headers = { "content-type": MEDIA_TYPE, accept: MEDIA_TYPE };
    const body = encodeQuestion(hostname, type);
    try {
      return await withDeadline(LOOKUP_TIMEOUT_MS, async (signal) => {
        const response = await fetch(new Request(url, { method: "POST", headers, body, redirect: "manual", signal }));
        const isMessage = response.status === 200 && response.headers.get("content-type")?.startsWith(MEDIA_TYPE);
        const bytes = isMessage ? await readBytes(response) : null;
        return bytes === null ? err(UNANSWERED) : readAnswer(bytes, hostname, type);
      });
    } catch (error) {
      console.error(JSON.stringify({ event: "dns.failed", hostname, type, error: String(error) }));
      return err(UNANSWERED);
    }
  }

  return async (hostname) => {
    const [v4, v6] = await Promise.all([ask(hostname, "A"), ask(hostname, "AAAA")]);
    // Both must be known: an address that could not be asked for may be the private one.
    if (!v4.ok) return v4;
    if (!v6.ok) return v6;
    const addresses = [...v4.value, ...v6.value];
    return addresses.length > 0 ? ok(addresses) : err("The host has no address.");
  };
}

/** Null: it is longer than any message. */
async function readBytes(response: Response): Promise<Uint8Array | null> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    size += chunk.value.byteLength;
    if (size > MAX_MESSAGE_BYTES) {
      await reader?.cancel();
      return null;
    }
    chunks.push(chunk.value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
