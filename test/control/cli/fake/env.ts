import { ChangeVariables, type EnvVariable } from "../../../../schema/contracts/env-vars.ts";
import { EMPTY_ENV } from "../../../../schema/env-snapshot.ts";
import { Environment } from "../../../../schema/environment.ts";
import { publishersOf } from "../../../../schema/frameworks.ts";
import { isSearchable } from "../../../../schema/variable.ts";
import { type Answer, type Asked, ok, problem } from "./answer.ts";

type Kept = EnvVariable & { readonly value: string };
export type FakeEnv = {
  /** By environment and name: `production/A`. */
  readonly variables: Map<string, Kept>;
  answer(asked: Asked): Answer;
};

export function createFakeEnv(): FakeEnv {
  const variables = new Map<string, Kept>();
  return { variables, answer };

  function answer({ method, parts: [name = "", action], body }: Asked): Answer {
    if (name === "reseal") return ok({ key: "k2", resealed: variables.size, lost: 0, lostKeys: [] });
    const environment = Environment.parse(name);
    if (method === "PATCH") {
      const { set, remove } = ChangeVariables.parse(body);
      for (const gone of remove) if (!variables.delete(`${environment}/${gone}`)) return problem("variable_not_found");
      for (const { name, value, visibility = "private" } of set) {
        const updatedAt = new Date().toISOString();
        const searched = visibility !== "public" && isSearchable(value);
        const more = { searched, publishedBy: publishersOf(name), lost: false, updatedAt, updatedBy: "tests" };
        variables.set(`${environment}/${name}`, { name, value, visibility, ...more });
      }
    }
    const own = [...variables].flatMap(([key, one]) => (key.startsWith(`${environment}/`) ? [one] : []));
    if (action === "values") {
      const values = own.map(({ name, visibility, value }) => ({
        name,
        visibility,
        value: visibility === "secret" ? null : value,
      }));
      return ok({ environment, variables: values });
    }
    return ok({ environment, digest: EMPTY_ENV, variables: own.map(({ value: _, ...rest }) => rest) });
  }
}
