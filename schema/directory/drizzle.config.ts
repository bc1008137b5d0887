import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  casing: "snake_case",
  schema: "schema/directory/tables.ts",
  out: "schema/directory/migrations",
});
