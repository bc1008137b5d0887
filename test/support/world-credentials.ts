/** A world's own secrets, made on its first start and kept in its folder. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createToken, type NewToken } from "../../schema/token.ts";

export type WorldCredentials = {
  readonly s3: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly builderToken: string;
  readonly visitorKey: string;
  readonly variantKey: string;
  /** `ENV_KEYS` of control. */
  readonly envKeys: string;
  readonly apiToken: NewToken;
};

export async function createCredentials(): Promise<WorldCredentials> {
  return {
    s3: { accessKeyId: hex(16), secretAccessKey: hex(32) },
    builderToken: hex(32),
    visitorKey: hex(32),
    variantKey: hex(32),
    envKeys: `local:${randomBytes(32).toString("base64")}`,
    apiToken: await createToken(randomBytes),
  };
}

/** Reads the file, or makes and writes it for the owner's eyes only. One of an earlier version gets what it does not have. */
export async function keepCredentials(file: string): Promise<WorldCredentials> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<WorldCredentials>) : {};
  const credentials = { ...(await createCredentials()), ...kept };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(credentials, null, 2), { mode: 0o600 });
  return credentials;
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
