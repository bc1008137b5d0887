/**
 * `DATABASE_URL`, written by those who own the app and used by the builder itself. Of its parameters only `sslmode` is heard:
 * others would have the builder read its own files (`sslkey`) or connect to sockets on its disk (`host`).
 */
import { err, ok, type Result } from "../../schema/result.ts";

export type DatabaseAddress = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: "off" | "unverified" | "verified";
};

const DEFAULT_PORT = 5432;

const TLS: Readonly<Record<string, DatabaseAddress["tls"]>> = {
  disable: "off",
  allow: "off",
  prefer: "off",
  "no-verify": "unverified",
  require: "verified",
  "verify-ca": "verified",
  "verify-full": "verified",
};

/** The failure never quotes the URL: it holds a password. */
export function parseDatabaseUrl(text: string): Result<DatabaseAddress, string> {
  const url = URL.parse(text);
  if (url === null || !["postgres:", "postgresql:"].includes(url.protocol)) {
    return err("It must be a URL like postgres://user:password@host:5432/database.");
  }
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decode);
  if (user === undefined || password === undefined || database === undefined) {
    return err("It has a % that is not an escape. Write % as %25.");
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "" || host.includes("%")) return err("It must name a host.");
  if (user === "") return err("It must name a user.");
  const mode = url.searchParams.get("sslmode") ?? "disable";
  const tls = Object.hasOwn(TLS, mode) ? TLS[mode] : undefined;
  if (tls === undefined) return err(`It must have an sslmode of ${Object.keys(TLS).join(", ")}.`);
  return ok({ host, port: Number(url.port || DEFAULT_PORT), user, password, database: database || user, tls });
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
