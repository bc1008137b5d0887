import { createHash } from "node:crypto";
import { Digest } from "../../schema/digest.ts";

export function digestOf(data: string | Uint8Array): Digest {
  return Digest.parse(createHash("sha256").update(data).digest("hex"));
}
