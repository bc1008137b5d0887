/**
 * The project's part of the S3 storage: reads a source, writes a bundle. Everything it writes is created once and never
 * replaced, under keys that name the content; the manifest is written last, so a bundle that has one is whole.
 */
import { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ServiceException } from "@aws-sdk/client-s3";
import type { StorageGrant } from "../schema/contracts/build.ts";
import type { Digest } from "../schema/digest.ts";
import type { ProjectId } from "../schema/ids.ts";
import { blobKey, manifestKey, sourceKey } from "../schema/keys.ts";
import { hashBytes } from "./hash.ts";
import { type RetryPolicy, STORAGE_RETRIES, withRetries } from "./retry.ts";

/** Requests that may be on their way at once. */
export const STORAGE_CONCURRENCY = 16;

const CONNECT_TIMEOUT_MS = 5_000;

export type StoreSettings = {
  readonly endpoint: string;
  readonly region: string;
  /** How long a request may wait for an answer, and how long a connection may stand still in the middle of one. */
  readonly timeoutMs: number;
  readonly grant: StorageGrant;
  readonly project: ProjectId;
  readonly signal: AbortSignal;
  readonly retries?: RetryPolicy;
};

/**
 * Every method throws the storage's error once the retries are used up, and the signal's reason when aborted. What is
 * read is what its key promises.
 */
export class AppBundleStore {
  readonly #client: S3Client;
  readonly #settings: StoreSettings;

  constructor(settings: StoreSettings) {
    const { endpoint, region, grant, timeoutMs } = settings;
    this.#settings = settings;
    this.#client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: {
        accessKeyId: grant.accessKeyId,
        secretAccessKey: grant.secretAccessKey,
        ...(grant.sessionToken !== undefined && { sessionToken: grant.sessionToken }),
      },
      // The payload is signed by its sha256, so checksum trailers (which not every storage takes) add nothing.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      // One place retries: ours, which knows about the job's end.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        requestTimeout: timeoutMs,
        // Ends a body that stops in the middle, which the request's timeout does not see any more.
        socketTimeout: timeoutMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  /** The stored text of a source, or null when there is none. */
  readSource(source: Digest): Promise<Uint8Array | null> {
    return this.#get(sourceKey(this.#settings.project, source), (bytes) => hashBytes(bytes) === source);
  }

  /** Ends the download soon after `maxBytes`: what is returned then is longer than that, and not whole. */
  readBlob(sha256: Digest, maxBytes: number): Promise<Uint8Array | null> {
    const isRight = (bytes: Uint8Array) => bytes.length > maxBytes || hashBytes(bytes) === sha256;
    return this.#get(blobKey(this.#settings.project, sha256), isRight, maxBytes);
  }

  /** False when it was there already: the same key always means the same bytes. */
  putBlob(sha256: Digest, bytes: Uint8Array): Promise<boolean> {
    return this.#create(blobKey(this.#settings.project, sha256), bytes, "application/octet-stream");
  }

  /** The commit point. Throws also when another text is stored under this build SHA. */
  async putManifest(build: Digest, text: string): Promise<void> {
    const key = manifestKey(this.#settings.project, build);
    const bytes = Buffer.from(text);
    if (await this.#create(key, bytes, "application/json")) return;
    const stored = await this.#get(key, (found) => bytes.equals(found));
    if (stored === null) throw new Error("the manifest is there and is not there");
  }

  close(): void {
    this.#client.destroy();
  }

  /** Bytes that are not right may have been damaged on the way, so they are asked for again. */
  #get(
    Key: string,
    isRight: (bytes: Uint8Array) => boolean,
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<Uint8Array | null> {
    return this.#retry(async () => {
      try {
        const command = new GetObjectCommand({ Bucket: this.#settings.grant.bucket, Key });
        const { Body } = await this.#client.send(command, { abortSignal: this.#settings.signal });
        const bytes = Body instanceof Readable ? await readUntil(Body, maxBytes) : new Uint8Array();
        if (!isRight(bytes)) throw new Error("the stored bytes do not match their hash");
        return bytes;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  #create(Key: string, Body: Uint8Array, ContentType: string): Promise<boolean> {
    const { grant, signal } = this.#settings;
    return this.#retry(async () => {
      try {
        const command = new PutObjectCommand({ Bucket: grant.bucket, Key, Body, ContentType, IfNoneMatch: "*" });
        await this.#client.send(command, { abortSignal: signal });
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    });
  }

  #retry<T>(work: () => Promise<T>): Promise<T> {
    return withRetries(this.#settings.retries ?? STORAGE_RETRIES, isTransient, this.#settings.signal, work);
  }
}

async function readUntil(body: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

/** 409 is how S3 answers conditional writes of the same key at the same moment. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);

function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || TRANSIENT_STATUSES.has(status);
}

/** The HTTP status of a storage's answer, also of one that is not S3's XML; undefined for an error on the way. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  return (error as S3ServiceException).$metadata.httpStatusCode;
}
