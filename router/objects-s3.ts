/** Stored objects over plain S3, for storage that is not bound to the Worker. Reads only, with SigV4. */
import { AwsClient } from "aws4fetch";
import type { ObjectReader } from "./bundle-store.ts";
import type { Clock } from "./ports.ts";

export interface S3Settings {
  /** Without a slash at its end; buckets are addressed by path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Until an answer begins. Storage in the same region answers within a tenth of that. */
const ANSWER_DEADLINE_MS = 5_000;
/** One error on the way, or a storage that asks to slow down, is no reason for a visitor to see one. */
const ATTEMPTS = 2;

/** Throws when the storage can not be read, which is not the same as that there is nothing. */
export function createS3Objects(settings: S3Settings, clock: Clock): ObjectReader {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = settings;
  // Retries are ours: those of the client wait longer than a visitor does.
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });

  return {
    async get(key, options) {
      const range = options && `bytes=${options.range.offset}-${options.range.offset + options.range.length - 1}`;
      const response = await ask(`${endpoint}/${bucket}/${key}`, range);
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      const body = response.body ?? new Response("").body;
      if (!body) throw new Error("an answer of the storage has no body");
      return { size: sizeOf(response), body, arrayBuffer: () => new Response(body).arrayBuffer() };
    },
  };

  async function ask(url: string, range: string | undefined): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await tryOnce(url, range).catch(
        (cause: unknown) => new Error("the storage can not be reached", { cause }),
      );
      if (answer instanceof Error) {
        if (attempt === ATTEMPTS) throw answer;
        continue;
      }
      if (answer.ok || answer.status === 404) return answer;
      await answer.body?.cancel();
      if (attempt === ATTEMPTS || (answer.status < 500 && answer.status !== 429)) {
        throw new Error(`the storage answered ${answer.status}`);
      }
    }
  }

  async function tryOnce(url: string, range: string | undefined): Promise<Response> {
    const abort = new AbortController();
    const callOff = clock.startTimer(ANSWER_DEADLINE_MS, () => abort.abort(new Error("no answer in time")));
    try {
      const request = await client.sign(url, { headers: range === undefined ? {} : { range } });
      // The bytes must come as they are stored. Set after signing, since proxies on the way rewrite it.
      request.headers.set("accept-encoding", "identity");
      return await fetch(request, { signal: abort.signal });
    } finally {
      callOff();
    }
  }
}

/** Of the whole object. NaN, which no size equals, when the storage does not say. */
function sizeOf({ status, headers }: Response): number {
  const text = status === 206 ? headers.get("content-range")?.split("/")[1] : headers.get("content-length");
  return text ? Number(text) : Number.NaN;
}
