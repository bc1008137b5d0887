import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  casing: "snake_case",
  schema: "schema/webhooks/tables.ts",
  out: "schema/webhooks/migrations",
});
