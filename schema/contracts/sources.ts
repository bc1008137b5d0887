import * as z from "zod";
import { Digest } from "../digest.ts";
import { SourceFiles } from "../source.ts";

/**
 * `POST /v1/projects/:project/sources`. The same request asks and commits: while blobs are missing the answer is 202
 * and names them; upload them, send the list again, and once nothing is missing the answer is 201.
 */
export const CreateSource = z.strictObject({ files: SourceFiles });
export type CreateSource = z.infer<typeof CreateSource>;

export const SourceState = z.object({
  source: Digest,
  committed: z.boolean(),
  /** The blobs still to be sent to `POST /v1/projects/:project/blobs`, each once. */
  missing: z.array(Digest),
});
export type SourceState = z.infer<typeof SourceState>;

/** Answer of `POST /v1/projects/:project/blobs`: multipart form data, each part's name the sha256 of its bytes. */
export const StoredBlobs = z.object({ stored: z.int().min(0) });
export type StoredBlobs = z.infer<typeof StoredBlobs>;
