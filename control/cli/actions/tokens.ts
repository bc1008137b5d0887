import type { Project } from "../../../schema/contracts/projects.ts";
import { type ApiToken, CreateApiToken, SCOPES, TokenId } from "../../../schema/contracts/tokens.ts";
import type { ProjectId } from "../../../schema/ids.ts";
import { readTokenId } from "../../../schema/token.ts";
import { withAdvice } from "../advice.ts";
import { wholeList } from "../api/pages.ts";
import type { CommandContext } from "../command-context.ts";
import { parseExpiry } from "../expiry.ts";
import { formatFacts } from "../facts.ts";
import { formatAge, formatTime } from "../figures.ts";
import { parseArgument, parseChoice } from "../parse-argument.ts";
import { printList } from "../print-list.ts";
import { printSecret } from "../print-secret.ts";
import { toPrintable } from "../printable.ts";
import { findProject } from "../project-link.ts";

type Json = { readonly json?: boolean };

export type CreateTokenOptions = Json & {
  readonly name: string;
  readonly scope: readonly string[];
  /** Slugs. Without any: all projects there are and will be. */
  readonly project?: readonly string[];
  readonly expires?: string;
  readonly reason?: string;
};

export type ListTokensOptions = Json & { readonly project?: string; readonly active?: boolean };
export type RevokeTokenOptions = Json & { readonly reason?: string };

type Slugs = ReadonlyMap<ProjectId, string>;

export async function listTokens(context: CommandContext, options: ListTokensOptions): Promise<void> {
  const bound = options.project === undefined ? undefined : await findProject(context, options.project);
  const filters = { ...(bound && { project: bound.id }), ...(options.active && { active: "true" as const }) };
  const page = await wholeList(context.api.listTokens(filters));
  const slugs = options.json ? new Map() : await readSlugs(context, page.items);
  const { paint, now } = context;
  const view = {
    name: "tokens",
    head: ["ID", "SCOPES", "STATE", "USED", "PROJECTS", "NAME"],
    row: (token: ApiToken) => [
      { text: token.id },
      { text: token.scopes.join(",") },
      describeState(token, context),
      { text: token.lastUsedAt ? formatAge(token.lastUsedAt, now()) : "never", paint: paint.dim },
      { text: describeProjects(token, slugs) },
      { text: toPrintable(token.name) },
    ],
    whole: true,
    none: "There are no such tokens that this one may see.",
  };
  printList(context, page, view, options);
}

/** The token that this CLI uses: what it may do. */
export async function whoami(context: CommandContext, { json }: Json): Promise<void> {
  const { api, print, paint } = context;
  const token = await api.readOwnToken();
  if (json) return print(JSON.stringify(token));
  const slugs = await readSlugs(context, [token]);
  const state = describeState(token, context);
  const facts = formatFacts(
    [
      ["name", token.name, paint.bold],
      ["token", token.id],
      ["scopes", token.scopes.join(", ")],
      ["projects", describeProjects(token, slugs)],
      ["state", state.text, state.paint],
      ["created", formatTime(token.createdAt) + (token.createdBy && ` by ${token.createdBy}`)],
    ],
    paint,
  );
  for (const line of facts) print(line);
}

/** Prints the token alone, or with all about it as JSON. */
export async function createToken(context: CommandContext, options: CreateTokenOptions): Promise<void> {
  const { api, signal, invocation, now } = context;
  const scopes = options.scope.map((scope) => parseChoice(SCOPES, scope, "scope"));
  const expiresAt = options.expires === undefined ? undefined : parseExpiry(options.expires, now());
  parseArgument(CreateApiToken.shape.name, options.name, "--name");
  const projects = await Promise.all((options.project ?? []).map((slug) => findProject(context, slug)));
  const advice = `The token may have been made: "${invocation} tokens" shows it. Revoke it then, as nobody has it.`;
  const made = await withAdvice(signal, advice, () =>
    api.createToken({
      name: options.name,
      scopes: [...new Set(scopes)],
      ...(projects.length > 0 && { projects: [...new Set(projects.map(({ id }) => id))] }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(options.reason !== undefined && { reason: options.reason }),
    }),
  );
  const bound = projects.length > 0 ? projects.map(({ slug }) => slug).join(", ") : "all projects";
  const until = made.expiresAt ? `until ${formatTime(made.expiresAt)}` : "without an end";
  printSecret(context, made, {
    json: options.json,
    what: `the token ${made.id} for ${bound}, with ${made.scopes.join(" and ")}, ${until}`,
    next: `Set it as ATELIER_TOKEN where it is used. To end it: ${invocation} tokens revoke ${made.id}`,
    lost: `Revoke it, and make another: ${invocation} tokens revoke ${made.id}`,
  });
}

/** @param given a token's id, or the token itself: only its id is sent */
export async function revokeToken(
  context: CommandContext,
  given: string,
  { json, reason }: RevokeTokenOptions,
): Promise<void> {
  const { api, signal, invocation, progress, print } = context;
  const id = parseArgument(TokenId, readTokenId(given) ?? given, "The argument 'token'");
  const advice = `Whether it is revoked: ${invocation} tokens`;
  const token = await withAdvice(signal, advice, () => api.revokeToken(id, reason));
  progress.done(`Revoked the token ${token.id}, "${toPrintable(token.name)}". It stops everywhere within seconds.`);
  if (json) print(JSON.stringify(token));
}

async function readSlugs({ api }: CommandContext, tokens: readonly ApiToken[]): Promise<Slugs> {
  if (tokens.every(({ projects }) => projects === null)) return new Map();
  const { items } = await wholeList<Project>(api.listProjects());
  return new Map(items.map(({ id, slug }) => [id, slug]));
}

function describeProjects({ projects }: ApiToken, slugs: Slugs): string {
  return projects === null ? "all" : projects.map((id) => slugs.get(id) ?? id).join(",");
}

function describeState({ revokedAt, expiresAt }: ApiToken, { paint, now }: CommandContext) {
  if (revokedAt) return { text: "revoked", paint: paint.red };
  if (!expiresAt) return { text: "no end", paint: paint.green };
  const isOver = Date.parse(expiresAt) <= now();
  const day = expiresAt.slice(0, 10);
  return isOver ? { text: `ended ${day}`, paint: paint.red } : { text: `until ${day}`, paint: paint.green };
}
