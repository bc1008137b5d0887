import { hash } from "node:crypto";
import { type Digest, toDigest } from "../schema/digest.ts";

/** The sha256 of bytes in memory, without the copy that Web Crypto makes. */
export function hashBytes(bytes: Uint8Array): Digest {
  return toDigest(hash("sha256", bytes, "buffer"));
}
