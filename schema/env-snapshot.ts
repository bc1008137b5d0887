import { type Digest, sha256 } from "./digest.ts";

/** The digest of the snapshot without variables. */
export function emptyEnvDigest(): Promise<Digest> {
  return sha256("{}");
}
