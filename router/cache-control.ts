/** How long an answer may be kept, and by whom. */
import type { ManifestFile } from "../schema/manifest.ts";

/** A year, the longest that RFC 9111 wants anyone to state. */
const YEAR = "max-age=31536000, immutable";
const REVALIDATE = "max-age=0, must-revalidate";
export const NO_STORE = "no-store";

export interface Audience {
  /** Two visitors may get different pages from one URL. */
  readonly isInRollout: boolean;
  /** `public` would let a shared cache give one person's answer to another (RFC 9111, 3.5). */
  readonly hasCredentials: boolean;
}

/** Of a file that answers with 2xx or 304. Everything else is `no-store` or a redirect. */
export function fileCacheControl(file: ManifestFile, audience: Audience): string {
  if (file.fingerprinted) return `${audience.hasCredentials ? "private" : "public"}, ${YEAR}`;
  const isPrivate = audience.hasCredentials || (audience.isInRollout && isPage(file));
  return `${isPrivate ? "private" : "public"}, ${REVALIDATE}`;
}

/** Checked every time: a browser that kept a 301 for good would never see the rollback of a rule. */
export function redirectCacheControl({ isInRollout, hasCredentials }: Audience): string {
  return `${isInRollout || hasCredentials ? "private" : "public"}, ${REVALIDATE}`;
}

export function isPage(file: ManifestFile): boolean {
  return file.type.startsWith("text/html");
}
