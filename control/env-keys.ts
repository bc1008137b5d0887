/**
 * The keys that values of environment variables are encrypted with at rest: AES-256-GCM. The id of the key stands beside each value,
 * so that a newer key may take over while older ones still open what they closed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { err, ok, type Result } from "../schema/result.ts";

export type EnvKey = { readonly id: string; readonly secret: Uint8Array };

/** The newest first: it alone closes. Empty: this installation can not keep values. */
export type KeyRing = readonly EnvKey[];

/** `box`, in base64: 12 bytes of nonce, the encrypted text, 16 bytes of tag. */
export type Sealed = { readonly key: string; readonly box: string };

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** `id:<32 bytes in base64>`, comma-separated. */
export function parseKeyRing(text: string): Result<KeyRing, string> {
  const keys: EnvKey[] = [];
  for (const part of text.split(",").flatMap((item) => item.trim() || [])) {
    const [, id = "", base64 = ""] = /^([a-z0-9-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(part) ?? [];
    const secret = fromBase64(base64);
    if (secret.length !== KEY_BYTES)
      return err("must be id:<32 bytes in base64>, an id of a-z, 0-9 and -, comma-separated");
    if (keys.some((key) => key.id === id)) return err(`names the key ${id} twice`);
    keys.push({ id, secret });
  }
  return ok(keys);
}

/** @param context what the value belongs to: elsewhere it does not open */
export function seal(key: EnvKey, text: string, context: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.secret, nonce).setAAD(toBytes(context));
  const closed = [cipher.update(toBytes(text)), cipher.final()];
  return { key: key.id, box: toBase64(concat([nonce, ...closed, cipher.getAuthTag()])) };
}

/** Null when the key is not there, or is another one than the value was closed with. */
export function open(keys: KeyRing, { key: id, box }: Sealed, context: string): string | null {
  const key = keys.find((candidate) => candidate.id === id);
  if (!key) return null;
  const bytes = fromBase64(box);
  const decipher = createDecipheriv("aes-256-gcm", key.secret, bytes.subarray(0, NONCE_BYTES))
    .setAAD(toBytes(context))
    .setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
  try {
    return new TextDecoder().decode(concat([text, decipher.final()]));
  } catch {
    return null;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return btoa(characters);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
