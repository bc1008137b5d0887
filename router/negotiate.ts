/** Which of a file's representations a client gets, by its Accept-Encoding (RFC 9110, 12.5.3). */
import type { EncodedBlob } from "../schema/manifest.ts";
import { createBoundedMap } from "./bounded-map.ts";

/** Quality by coding, `*` among them. What is malformed is left out, as if it had not been said. */
type Preferences = ReadonlyMap<string, number>;

const MEMBER = /^\s*([a-z0-9!#$%&'*+.^_`|~-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;
/** There are few, and they are sent with every request. */
const remembered = createBoundedMap<Preferences>(200);
/** A longer header than any client's. It is read as if it were not there. */
const MAX_HEADER_CHARS = 1_000;
/** Unless the client says otherwise the plain bytes will do, but anything that it names is better. */
const UNNAMED_IDENTITY = 0.0001;

/**
 * The best of the encodings, the smallest of equals; null for the bytes as they are.
 * @returns "none" when the client takes neither these encodings nor the plain bytes
 */
export function chooseEncoding(
  acceptEncoding: string | null,
  encodings: readonly EncodedBlob[],
): EncodedBlob | null | "none" {
  if (acceptEncoding === null || acceptEncoding.length > MAX_HEADER_CHARS) return null;
  const preferences = readPreferences(acceptEncoding);
  const star = preferences.get("*");
  let best: EncodedBlob | null = null;
  let bestQuality = preferences.get("identity") ?? star ?? UNNAMED_IDENTITY;
  const isPlainRefused = bestQuality === 0;
  for (const candidate of encodings) {
    const quality = preferences.get(candidate.encoding) ?? star ?? 0;
    if (quality === 0 || quality < bestQuality) continue;
    if (quality === bestQuality && best && best.size <= candidate.size) continue;
    best = candidate;
    bestQuality = quality;
  }
  return best === null && isPlainRefused ? "none" : best;
}

function readPreferences(header: string): Preferences {
  const known = remembered.get(header);
  if (known) return known;
  const preferences = new Map<string, number>();
  for (const member of header.split(",")) {
    const [, coding, quality] = MEMBER.exec(member) ?? [];
    if (coding === undefined) continue;
    const name = coding.toLowerCase();
    preferences.set(name === "x-gzip" ? "gzip" : name, quality === undefined ? 1 : Number(quality));
  }
  remembered.set(header, preferences);
  return preferences;
}
