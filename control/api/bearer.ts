/**
 * What stands in `Authorization: Bearer <credentials>` (RFC 6750), the only place where credentials are taken from. Null for
 * another scheme, for none, and for anything around them.
 */
export function readBearer(header: string | undefined): string | null {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(header ?? "")?.[1] ?? null;
}
