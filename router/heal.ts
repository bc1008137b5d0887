/**
 * Bytes of a file when those that were to be sent are gone or damaged: content is stored once, under its hash, but what is
 * encoded is stored plain as well. What is undone here has the hash of the file, or it is not used.
 */
import { sha256 } from "../schema/digest.ts";
import type { ProjectId } from "../schema/ids.ts";
import type { ManifestFile } from "../schema/manifest.ts";
import type { BundleStore, BytePart, Read } from "./ports.ts";

/** The encodings that every runtime can undo. */
const UNDONE_BY = { gzip: "gzip" } as const;

/** @returns the plain bytes of the file, or null when no other form of it is whole */
export async function healFile(
  bundles: BundleStore,
  project: ProjectId,
  file: ManifestFile,
  lost: string,
  part: BytePart | undefined,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream | null> {
  if (lost !== file.sha256) {
    const plain = await read(() => bundles.blob(project, file, part));
    if (plain !== null) return plain;
  }
  for (const encoded of file.encodings ?? []) {
    if (!Object.hasOwn(UNDONE_BY, encoded.encoding) || encoded.sha256 === lost) continue;
    const packed = await read(() => bundles.blob(project, encoded));
    const bytes = packed && (await undo(packed, UNDONE_BY.gzip));
    if (!bytes || (await sha256(bytes)) !== file.sha256) continue;
    return part ? bytes.subarray(part.offset, part.offset + part.length) : bytes;
  }
  return null;
}

/** A storage that can not be read is no help either. */
async function read<T>(work: () => Promise<Read<T>> | Read<T>): Promise<T | null> {
  try {
    const found = await work();
    return found.kind === "found" ? found.value : null;
  } catch {
    return null;
  }
}

async function undo(
  packed: Uint8Array<ArrayBuffer> | ReadableStream,
  format: "gzip",
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { body } = new Response(packed);
  if (!body) return null;
  try {
    return new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream(format))).arrayBuffer());
  } catch {
    return null;
  }
}
