/** API tokens: `atl_<id>_<secret>`. Only the hash of the whole token is stored, so a copy of the directory opens nothing. */
import { type Digest, sha256, toDigest } from "./digest.ts";

const TOKEN = /^atl_([0-9a-f]{16})_[0-9a-f]{64}$/;

export type NewToken = { readonly id: string; readonly token: string; readonly hash: Digest };

export async function createToken(randomBytes: (length: number) => Uint8Array): Promise<NewToken> {
  return renewToken(toDigest(randomBytes(8)).toString(), randomBytes);
}

/** The same token with a fresh secret. */
export async function renewToken(id: string, randomBytes: (length: number) => Uint8Array): Promise<NewToken> {
  const token = `atl_${id}_${toDigest(randomBytes(32))}`;
  return { id, token, hash: await sha256(token) };
}

/** The id inside a well-formed token, or null. */
export function readTokenId(token: string): string | null {
  return TOKEN.exec(token)?.[1] ?? null;
}

/** Any text without the secrets of the tokens in it: for answers and logs, which quote what somebody sent. */
export function redactTokens(text: string): string {
  return text.replace(/(atl_[0-9a-f]{16})_[0-9a-f]+/gi, "$1_...");
}
