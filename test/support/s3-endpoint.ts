/** A bucket behind a real S3 endpoint, for tests that need storage but no platform: workerd's R2, in this process. */
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createTestHarness } from "wrangler";
import type { StorageGrant } from "../../schema/contracts/build.ts";

const WORKER = join(import.meta.dirname, "../fixtures/builder-s3-worker.mjs");
const BUCKET = "atelier-test";
const CREDENTIALS = { accessKeyId: "test-access-key", secretAccessKey: "test-secret-access-key" };

export type S3Endpoint = {
  readonly endpoint: string;
  /** What control would hand over. */
  readonly grant: StorageGrant;
  put(key: string, body: string | Uint8Array): Promise<void>;
  /** Null when there is nothing under the key. */
  read(key: string): Promise<Uint8Array | null>;
  /** In the order of the alphabet. */
  list(prefix: string): Promise<string[]>;
  stop(): Promise<void>;
};

export async function startS3Endpoint(): Promise<S3Endpoint> {
  const server = createTestHarness({
    workers: [
      {
        config: {
          name: "s3-endpoint",
          main: WORKER,
          compatibility_date: "2026-10-20",
          r2_buckets: [
            { binding: "BUCKET", bucket_name: BUCKET, local_dev: { experimental_s3_credentials: CREDENTIALS } },
          ],
        },
      },
    ],
  });
  const { url } = await server.listen();
  const endpoint = `${url.origin}/cdn-cgi/local/r2/s3`;
  const client = new S3Client({
    endpoint,
    region: "auto",
    forcePathStyle: true,
    // A copy: the SDK writes into the object.
    credentials: { ...CREDENTIALS },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    endpoint,
    grant: { bucket: BUCKET, ...CREDENTIALS },
    put: async (Key, body) => {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(body) }));
    },
    read: async (Key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        return (await Body?.transformToByteArray()) ?? null;
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },
    list: async (Prefix) => {
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
      return (Contents ?? []).flatMap(({ Key }) => Key ?? []).sort();
    },
    stop: async () => {
      client.destroy();
      await server.close();
    },
  };
}
