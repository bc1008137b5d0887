/** A bucket behind a real S3 endpoint, for tests that need storage but no platform: workerd's R2, in this process. */
import { join } from "node:path";
import { createTestHarness } from "wrangler";
import type { StorageGrant } from "../../schema/contracts/build.ts";
import { type Bucket, openBucket } from "./bucket.ts";

const WORKER = join(import.meta.dirname, "../fixtures/builder-s3-worker.mjs");
const BUCKET = "atelier-test";
const CREDENTIALS = { accessKeyId: "test-access-key", secretAccessKey: "test-secret-access-key" };

export type S3Endpoint = Omit<Bucket, "close"> & {
  readonly endpoint: string;
  /** What control would hand over. */
  readonly grant: StorageGrant;
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
  const grant = { bucket: BUCKET, ...CREDENTIALS };
  const { close, ...bucket } = openBucket(endpoint, grant);
  return {
    ...bucket,
    endpoint,
    grant,
    stop: async () => {
      close();
      await server.close();
    },
  };
}
