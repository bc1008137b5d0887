/**
 * A pass lets its bearer choose a side of one rollout: testers by a link or a header, control's probes by a header. It is
 * text that URLs, headers and cookies can carry, signed with a secret of both Workers (`VARIANT_KEY`), and worth nothing for
 * another project, another rollout, or later.
 */
import * as z from "zod";
import { toDigest } from "./digest.ts";
import { ProjectId, RolloutId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";

/** The request header that carries a pass; in a response it names the side that answered. */
export const VARIANT_HEADER = "x-atelier-variant";
/** Where a preview link leads, with the pass as `?pass=`; `<path>/leave` ends the preview. */
export const VARIANT_PATH = "_atelier/variant";

/** The two sides of a rollout. */
export const VARIANTS = ["live", "canary"] as const;
export type Variant = (typeof VARIANTS)[number];

export const ProbeId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be up to 64 letters, digits, _ and -");

const common = {
  project: ProjectId,
  rollout: RolloutId,
  variant: z.enum(VARIANTS),
  /** Milliseconds since the epoch. */
  expiresAt: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
};

export const VariantPass = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("preview"), ...common }),
  /** Asks whether traffic is counted: the meter lists `probe` once this request has been. */
  z.object({ kind: z.literal("probe"), ...common, probe: ProbeId }),
]);
export type VariantPass = z.infer<typeof VariantPass>;

export type PassRefusal = { readonly reason: "malformed" | "forged" | "expired" };

const VERSION = "v1";
/** Longer than any pass: whoever sends more pays for no signature. */
const MAX_LENGTH = 320;
const MAC = /^[0-9a-f]{64}$/;

/** @param key the secret; control makes passes, the router only reads them */
export async function signPass(key: string, pass: VariantPass): Promise<string> {
  const { kind, project, rollout, variant, expiresAt } = pass;
  const fields = [VERSION, kind, project, rollout, variant, expiresAt, ...(pass.kind === "probe" ? [pass.probe] : [])];
  const body = fields.join(".");
  const mac = await crypto.subtle.sign("HMAC", await importKey(key), messageOf(body));
  return `${body}.${toDigest(mac)}`;
}

/** @param now milliseconds since the epoch */
export async function verifyPass(key: string, text: string, now: number): Promise<Result<VariantPass, PassRefusal>> {
  const end = text.length > MAX_LENGTH ? -1 : text.lastIndexOf(".");
  const [body, mac] = [text.slice(0, Math.max(0, end)), text.slice(end + 1)];
  if (end < 0 || !MAC.test(mac)) return err({ reason: "malformed" });
  const isOurs = await crypto.subtle.verify("HMAC", await importKey(key), bytesOf(mac), messageOf(body));
  if (!isOurs) return err({ reason: "forged" });
  const [version, kind, project, rollout, variant, expiresAt, probe] = body.split(".");
  const pass = VariantPass.safeParse({ kind, project, rollout, variant, expiresAt, probe });
  if (version !== VERSION || !pass.success) return err({ reason: "malformed" });
  return now < pass.data.expiresAt ? ok(pass.data) : err({ reason: "expired" });
}

async function importKey(key: string) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(key), algorithm, false, ["sign", "verify"]);
}

/** Nothing else that is ever signed with the key begins like this. */
function messageOf(body: string) {
  return new TextEncoder().encode(`atelier variant pass\n${body}`);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
