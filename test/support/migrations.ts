import type { MigrationFile } from "../../builder/migrate/migration-file.ts";
import { digestOf } from "./digest-of.ts";

export function migration(name: string, text = `-- ${name}`): MigrationFile {
  return { name, path: `migrations/${name}`, sha256: digestOf(text), text };
}
