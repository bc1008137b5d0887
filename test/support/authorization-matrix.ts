/**
 * The authorisation matrix: every route of the OpenAPI document x every role x own and foreign things. A new route is in it
 * as soon as it is in the document; one whose parameters nobody fills here is not covered.
 */
import type { ApiTarget } from "./api-deploy.ts";
import { BLOB_FORM, CHANGES } from "./authorization-answers.ts";
import { expectationOf, judge, type Need, type Outcome, type Place, type Role } from "./authorization-judge.ts";
import { ABSENT, createOwners, createRoles, type Owner, type Subjects } from "./authorization-subjects.ts";
import type { FakeBuilder } from "./fake-builder.ts";
import { type RawResponse, send } from "./http.ts";
import { API_HOST } from "./world-config.ts";

export type AuthorizationReport = {
  readonly routes: number;
  readonly covered: number;
  readonly requests: number;
  readonly wrongAccepts: number;
  readonly wrongRefusals: number;
  /** What is not covered, and each wrong answer. */
  readonly findings: readonly string[];
};

type Schema = { readonly $ref?: string; readonly required?: readonly string[] };
type Operation = {
  readonly "x-scope"?: string;
  readonly "x-project"?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** One route, with what a request of it names. */
export type MatrixRoute = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly need: Need;
  /** Parameters of the path and the query, by their names; and fields of the body that name one of the same things. */
  readonly inPath: readonly string[];
  readonly inQuery: readonly string[];
  readonly inBody: readonly string[];
  readonly body: "none" | "json" | "multipart";
};

/**
 * @param target with a token of all rights: it makes two projects, and a token for each role
 * @param builder of the same world
 */
export async function runAuthorizationMatrix(
  target: ApiTarget,
  builder: Pick<FakeBuilder, "restAt">,
): Promise<AuthorizationReport> {
  const response = await send(target.origin, API_HOST, "/openapi.json");
  const document = JSON.parse(response.text) as Document;
  const routes = readRoutes(document);
  const [own, foreign] = await createOwners(target, Object.keys(document.paths), builder);
  const roles = await createRoles(target, own.id);

  const findings: string[] = [];
  const count = { covered: 0, requests: 0, "wrong accept": 0, "wrong refusal": 0 };
  for (const route of routes) {
    const unfilled = [...route.inPath, ...route.inQuery].filter(
      (name) => !(name in own.subjects && name in ABSENT.subjects),
    );
    if (!route.need.scope || unfilled.length > 0) {
      findings.push(`${route.name}: ${unfilled.length > 0 ? `nobody fills ${unfilled.join(", ")}` : "says no scope"}`);
      continue;
    }
    const outcome = outcomeOf(route);
    if (!outcome) {
      findings.push(`${route.name}: nobody says what it answers`);
      continue;
    }
    count.covered += 1;
    // Who is refused comes first: nobody has changed anything yet.
    for (const group of [roles.filter(({ refused }) => refused), roles.filter(({ refused }) => !refused)]) {
      const judged = await Promise.all(group.map((role) => askAs(role, route, outcome)));
      for (const { requests, wrong } of judged) {
        count.requests += requests;
        for (const [verdict, finding] of wrong) {
          count[verdict] += 1;
          findings.push(`${route.name}: ${verdict}: ${finding}`);
        }
      }
    }
  }
  const { covered, requests } = count;
  const wrongs = { wrongAccepts: count["wrong accept"], wrongRefusals: count["wrong refusal"] };
  return { routes: routes.length, covered, requests, ...wrongs, findings };

  async function askAs(role: Role, route: MatrixRoute, outcome: Outcome) {
    const wrong: (readonly ["wrong accept" | "wrong refusal", string])[] = [];
    let requests = 0;
    for (const { place, names, twin } of casesOf(route, own, foreign)) {
      const expected = expectationOf(role, route.need, place);
      const isAbsent = expected.kind === "absent";
      // A refusal that looks at no names needs no more than one foreign one, and no twin.
      if (!isAbsent && (place === "mixed" || names.project === foreign.id)) continue;
      const [answer, twinAnswer] = await Promise.all([
        ask(role, route, names),
        isAbsent ? ask(role, route, twin) : undefined,
      ]);
      requests += isAbsent ? 2 : 1;
      const same = !twinAnswer || sameWords(answer, names, twinAnswer, twin);
      const verdict = judge(expected, answer, outcome, same);
      const said = `${role.name}, ${place} ${JSON.stringify(names)}: ${answer.status} ${answer.text.slice(0, 200)}`;
      if (verdict !== "right") wrong.push([verdict, said]);
      const leaked = role.isBound ? leakOf(answer, names, foreign) : undefined;
      if (leaked) wrong.push(["wrong accept", `${said}, which tells of ${leaked}`]);
    }
    return { requests, wrong };
  }

  function ask(role: Role, route: MatrixRoute, names: Subjects): Promise<RawResponse> {
    const fill = (list: readonly string[]) => list.map((name) => [name, names[name] ?? ""] as const);
    const path = fill(route.inPath).reduce((text, [name, value]) => text.replace(`{${name}}`, value), route.path);
    const query = new URLSearchParams(fill(route.inQuery).map(([name, value]): [string, string] => [name, value]));
    const content = {
      none: { headers: {} },
      json: {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...CHANGES[route.name]?.body?.(own), ...Object.fromEntries(fill(route.inBody)) }),
      },
      multipart: BLOB_FORM,
    }[route.body];
    return send(target.origin, API_HOST, `${path}?${query}`, {
      ...content,
      method: route.method.toUpperCase(),
      headers: { ...content.headers, ...(role.token !== null && { authorization: `Bearer ${role.token}` }) },
    });
  }
}

/** Undefined for a change of which it is not known. */
function outcomeOf({ name, method, need }: MatrixRoute): Outcome | undefined {
  // No role has the bootstrap secret.
  return method === "get" || need.scope === "bootstrap" ? { status: 200 } : CHANGES[name];
}

export function readRoutes({ paths, components }: Document): MatrixRoute[] {
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): MatrixRoute => {
      const { parameters = [], requestBody } = operation;
      const named = (place: string) =>
        parameters.filter((each) => each.in === place && each.required).map((each) => each.name);
      const schema = requestBody?.content["application/json"]?.schema ?? {};
      const body = schema.$ref ? components.schemas[schema.$ref.split("/").at(-1) ?? ""] : schema;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method,
        path,
        need: { scope: operation["x-scope"] ?? "", unbound: operation["x-project"] === "all" },
        inPath: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name),
        inQuery: named("query"),
        inBody: (body?.required ?? []).filter((name) => name in ABSENT.subjects),
        body: !requestBody ? "none" : requestBody.content["application/json"] ? "json" : "multipart",
      };
    }),
  );
  const order = Object.keys(CHANGES);
  return routes.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** What every project has under the same name. */
const COMMON: ReadonlySet<string> = new Set(["channel", "environment"]);

/** Own things; foreign ones, the project by its slug and by its id; and foreign things in the own project. Twins name nobody's. */
function casesOf({ name, inPath, inBody }: MatrixRoute, ownThings: Owner, foreignThings: Owner) {
  const [own, foreign] = [withSpecial(ownThings, name), withSpecial(foreignThings, name)];
  const cases: { place: Place; names: Subjects; twin: Subjects }[] = [
    { place: "own", names: own.subjects, twin: ABSENT.subjects },
  ];
  const named = new Set([...inPath, ...inBody]);
  if (inPath.some((name) => !COMMON.has(name))) {
    cases.push({ place: "foreign", names: foreign.subjects, twin: ABSENT.subjects });
  }
  if (named.has("project")) {
    const [names, twin] = [foreign, ABSENT].map(({ subjects, id }) => ({ ...subjects, project: id }));
    if (names && twin) cases.push({ place: "foreign", names, twin });
    if ([...named].some((name) => name !== "project" && !COMMON.has(name))) {
      const { project = "" } = own.subjects;
      const mixed = [foreign, ABSENT].map(({ subjects }) => ({ ...subjects, project }));
      if (mixed[0] && mixed[1]) cases.push({ place: "mixed", names: mixed[0], twin: mixed[1] });
    }
  }
  return cases;
}

function withSpecial(owner: Owner, route: string): Owner {
  return { ...owner, subjects: { ...owner.subjects, ...owner.special[route] } };
}

/** Whether two answers say the same, but for the names that were asked for. */
function sameWords(one: RawResponse, oneNames: Subjects, other: RawResponse, otherNames: Subjects): boolean {
  return one.status === other.status && withoutNames(one.text, oneNames) === withoutNames(other.text, otherNames);
}

function withoutNames(text: string, names: Subjects): string {
  return Object.entries(names).reduce((rest, [name, value]) => rest.replaceAll(value, `<${name}>`), text);
}

/** Something foreign in an answer that the request had not named itself. */
function leakOf(answer: RawResponse, names: Subjects, { id, subjects }: Owner) {
  const asked = Object.values(names);
  const own = Object.entries(subjects).flatMap(([name, value]) => (COMMON.has(name) ? [] : [value]));
  return [id, ...own].find((value) => !asked.includes(value) && answer.text.includes(value));
}
