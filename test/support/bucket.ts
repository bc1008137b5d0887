/** A bucket as its S3 endpoint shows it. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { StorageGrant } from "../../schema/contracts/build.ts";

export type Bucket = {
  put(key: string, body: string | Uint8Array): Promise<void>;
  /** Null when there is nothing under the key. */
  read(key: string): Promise<Uint8Array | null>;
  /** In the order of the alphabet. */
  list(prefix: string): Promise<string[]>;
  close(): void;
};

export function openBucket(endpoint: string, { bucket, accessKeyId, secretAccessKey }: StorageGrant): Bucket {
  const client = new S3Client({
    endpoint,
    region: "auto",
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    put: async (Key, body) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(body) }));
    },
    read: async (Key) => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        return (await Body?.transformToByteArray()) ?? null;
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchKey") return null;
        throw error;
      }
    },
    list: async (Prefix) => {
      const keys: string[] = [];
      for (let after: string | undefined; ; ) {
        const next = after === undefined ? {} : { ContinuationToken: after };
        const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ...next }));
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
        if (!page.IsTruncated) return keys.sort((a, b) => (a < b ? -1 : 1));
        after = page.NextContinuationToken;
      }
    },
    close: () => client.destroy(),
  };
}
