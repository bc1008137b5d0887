/** Where the API is and which token opens it: flags, then the environment, then what `npm start` wrote for development. */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { parseJson } from "../../schema/parse-json.ts";
import { DEFAULT_API } from "./default-api.ts";
import { Failure } from "./failure.ts";

/** Once the API has answered, how long it may be silent before the CLI gives up on it. */
const DEFAULT_RETRY_SECONDS = 30;

/** Written by `npm start` in the checkout that this CLI is part of. */
const DEVELOPMENT_CREDENTIALS = new URL("../../.atelier/credentials.json", import.meta.url);

export type Flags = { readonly api?: string; readonly token?: string };
export type Settings = { readonly api: URL; readonly token: string; readonly retryMs: number };

const Credentials = z.object({ api: z.string(), token: z.string() });
type Credentials = z.infer<typeof Credentials>;

/** @throws Failure `usage` for an address that is none, `auth` when no token can be found */
export async function readSettings(
  flags: Flags,
  env: NodeJS.ProcessEnv,
  credentialsFile: URL = DEVELOPMENT_CREDENTIALS,
): Promise<Settings> {
  const credentials = await readCredentials(credentialsFile);
  const api = parseApi(flags.api || env.ATELIER_API || credentials?.api || DEFAULT_API);
  const token = flags.token || env.ATELIER_TOKEN || tokenFor(api, credentials);
  if (!token) {
    throw new Failure(
      "auth",
      `There is no token for ${api.origin}. Set ATELIER_TOKEN or pass --token; in development "npm start" in the checkout makes one.`,
    );
  }
  return { api, token, retryMs: parseSeconds(env.ATELIER_RETRY_SECONDS) * 1000 };
}

/** A stored token is sent only to the API that it was made for. */
function tokenFor(api: URL, credentials: Credentials | null): string | undefined {
  return credentials && URL.canParse(credentials.api) && new URL(credentials.api).origin === api.origin
    ? credentials.token
    : undefined;
}

function parseApi(text: string): URL {
  const api = URL.canParse(text) ? new URL(text) : null;
  if (api === null || !["http:", "https:"].includes(api.protocol)) {
    throw new Failure("usage", `"${text}" is not the address of an API. It looks like ${DEFAULT_API}.`);
  }
  // `npm start` and the API's own texts show the address with the version that each call adds.
  api.pathname = api.pathname.replace(/(?:\/v1)?\/*$/, "");
  return api;
}

function parseSeconds(text: string | undefined): number {
  if (!text) return DEFAULT_RETRY_SECONDS;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new Failure("usage", `ATELIER_RETRY_SECONDS must be a number of seconds, not "${text}".`);
}

async function readCredentials(file: URL): Promise<Credentials | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return null;
  }
  return Credentials.safeParse(parseJson(text)).data ?? null;
}
