import { expect, it } from "vitest";
import { createApp } from "../../../control/api/app.ts";
import type { Deps } from "../../../control/deps.ts";

it("without a bootstrap secret nobody makes a first token, and it says what to set", async () => {
  const app = createApp({ bootstrapSecret: null, corsOrigins: [] } as unknown as Deps);
  for (const authorization of ["Bearer null", "Bearer undefined", ""]) {
    const response = await app.request("/v1/bootstrap", {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ name: "ops" }),
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: "route_not_found",
      detail: expect.stringContaining("BOOTSTRAP_SECRET"),
    });
  }
});
