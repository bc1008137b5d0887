/** Which blobs a stored manifest or list of files names: read as it streams in, so that 100 000 files take no more memory than ten. */
import { createHash } from "node:crypto";
import { type Digest, toDigest } from "../../schema/digest.ts";

/** As `encodeManifest` and `encodeSource` write it. Inside a JSON string its quotes would be escaped, so no path looks like it. */
const REFERENCE = /"sha256":"([0-9a-f]{64})"/g;
const REFERENCE_LENGTH = '"sha256":""'.length + 64;

/**
 * @param take gets them chunk by chunk, some more than once
 * @returns false when the bytes do not have the hash that names them: then what was taken is not to be trusted
 */
export async function readReferences(
  bytes: ReadableStream<Uint8Array>,
  name: Digest,
  take: (blobs: Digest[]) => void,
): Promise<boolean> {
  const hash = createHash("sha256");
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    hash.update(chunk);
    const text = rest + decoder.decode(chunk, { stream: true });
    const found = [...text.matchAll(REFERENCE)].flatMap(([, sha]) => (sha as Digest | undefined) ?? []);
    if (found.length > 0) take(found);
    rest = text.slice(-(REFERENCE_LENGTH - 1));
  }
  return toDigest(hash.digest()) === name;
}
