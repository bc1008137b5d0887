import { describe, expect, it } from "vitest";
import { type Decision, decide, type Need } from "../../../control/api/authorize.ts";
import { SCOPES, type Scope } from "../../../schema/contracts/tokens.ts";
import { projectIdFrom } from "../../../schema/ids.ts";

const OWN = projectIdFrom("01a208a6-4374-7a58-b56b-6597d9c1c9db");
const FOREIGN = projectIdFrom("01a208a6-4374-7a58-b56b-6597d9c1c9dc");

/** Written out here on its own, so that a slip in the contract shows. */
const MAY: Record<Scope, readonly Scope[]> = {
  read: ["read"],
  deploy: ["read", "deploy"],
  promote: ["read", "promote"],
  admin: ["read", "deploy", "promote", "admin"],
};

describe("decide", () => {
  const pairs = SCOPES.flatMap((has) => [...SCOPES, "token" as const].map((needs) => [has, needs] as const));
  it.each(pairs)("a token of scope %s, where %s is needed", (has, scope) => {
    const decision = decide({ scopes: [has], projects: null }, { scope });
    expect(decision).toBe(scope === "token" || MAY[has].includes(scope) ? "allowed" : "scope_missing");
  });

  it("adds scopes up", () => {
    const caller = { scopes: ["deploy", "promote"] as const, projects: null };
    expect(SCOPES.map((scope) => decide(caller, { scope }))).toEqual([
      "allowed",
      "allowed",
      "allowed",
      "scope_missing",
    ]);
  });

  const needs: [Need["project"], Decision, Decision][] = [
    [undefined, "allowed", "allowed"],
    [OWN, "allowed", "allowed"],
    [FOREIGN, "hidden", "allowed"],
    ["all", "bound_to_projects", "allowed"],
  ];
  it.each(needs)("of the project %s: bound %s, unbound %s", (project, bound, unbound) => {
    const need: Need = { scope: "read", ...(project && { project }) };
    expect(decide({ scopes: ["read"], projects: [OWN] }, need)).toBe(bound);
    expect(decide({ scopes: ["read"], projects: null }, need)).toBe(unbound);
  });

  it("says nothing of a project to who may not do it anyway", () => {
    for (const project of [OWN, FOREIGN, "all" as const]) {
      expect(decide({ scopes: ["read"], projects: [OWN] }, { scope: "admin", project })).toBe("scope_missing");
    }
  });

  it("a token of no project opens none", () => {
    expect(decide({ scopes: ["admin"], projects: [] }, { scope: "read", project: OWN })).toBe("hidden");
  });
});
