/**
 * What in a migration can lose data, or break the version that is live while both share the database. Found by parsing, so
 * neither comments nor strings are mistaken for it. What is done to a table that these migrations make is no finding.
 */
import type { AlterTableCmd, ColumnDef, Node, RangeVar } from "libpg-query";
import type { Statement } from "./statements.ts";

export type Finding = {
  readonly file: string;
  readonly line: number;
  /** What it does, as a title: `drops column email of users`. */
  readonly what: string;
  /** How to split it into steps that any two neighbouring versions can live with. */
  readonly instead: string;
};

type Found = Pick<Finding, "what" | "instead">;

const LATER = "Deploy code that no longer uses it first; drop it with a later deployment.";
const RENAME =
  "Add the new one, fill it and write both; read it with the next deployment, and drop the old one with a later one.";
const TYPE =
  "Add a column of the new type, fill it and write both; read it with the next deployment, drop the old one later.";
const REQUIRED =
  "Give it a DEFAULT, or fill it in all rows and deploy code that always writes it, and require it with a later deployment.";
const ROWS = "If it is meant, run it with a deployment that does nothing else.";
const CHECKED = "Deploy code that keeps to it first, then add it; NOT VALID spares the rows that are there.";
const HIDDEN = "What it runs can not be seen before. Write plain statements.";

/** Files in the order in which they run. */
export function findDestructive(
  files: readonly { readonly path: string; readonly statements: readonly Statement[] }[],
): Finding[] {
  const made = new Set<string>();
  return files.flatMap(({ path, statements }) =>
    statements.flatMap((statement) => {
      const found = judge(statement.tree, made);
      const table = madeTable(statement.tree);
      if (table !== null) made.add(table);
      return found.map((finding) => ({ file: path, line: statement.line, ...finding }));
    }),
  );
}

/** With IF NOT EXISTS it may have been there. */
function madeTable(tree: Node): string | null {
  if ("CreateStmt" in tree && !tree.CreateStmt.if_not_exists) return nameOf(tree.CreateStmt.relation);
  return null;
}

function judge(tree: Node, made: ReadonlySet<string>): Found[] {
  if ("DropStmt" in tree) {
    const kind = wordOf(tree.DropStmt.removeType);
    if (kind === null) return [];
    const names = (tree.DropStmt.objects ?? []).map(objectName).filter((name) => !made.has(name));
    return names.map((name) => ({ what: `drops ${kind} ${name}`, instead: LATER }));
  }
  if ("DropOwnedStmt" in tree) return [{ what: "drops what a role owns", instead: LATER }];
  if ("DropdbStmt" in tree) return [{ what: `drops database ${tree.DropdbStmt.dbname}`, instead: LATER }];
  if ("RenameStmt" in tree) {
    const { renameType, relation, subname, newname } = tree.RenameStmt;
    const kind = wordOf(renameType);
    if (kind === null || (relation && made.has(nameOf(relation)))) return [];
    const of = relation ? nameOf(relation) : objectName(tree.RenameStmt.object);
    const old = subname === undefined ? of : `${subname} of ${of}`;
    return [{ what: `renames ${kind} ${old} to ${newname}`, instead: RENAME }];
  }
  if ("AlterObjectSchemaStmt" in tree) {
    const { relation, object, newschema } = tree.AlterObjectSchemaStmt;
    return [
      { what: `moves ${relation ? nameOf(relation) : objectName(object)} to schema ${newschema}`, instead: RENAME },
    ];
  }
  if ("AlterEnumStmt" in tree) {
    const { oldVal, newVal } = tree.AlterEnumStmt;
    return oldVal === undefined ? [] : [{ what: `renames value ${oldVal} of an enum to ${newVal}`, instead: RENAME }];
  }
  if ("TruncateStmt" in tree) {
    const names = (tree.TruncateStmt.relations ?? []).map((node) => ("RangeVar" in node ? nameOf(node.RangeVar) : "?"));
    return names
      .filter((name) => !made.has(name))
      .map((name) => ({ what: `removes all rows of ${name}`, instead: ROWS }));
  }
  if ("DoStmt" in tree) return [{ what: "runs a block of code", instead: HIDDEN }];
  if ("AlterTableStmt" in tree) {
    const { relation, cmds = [], objtype } = tree.AlterTableStmt;
    const table = nameOf(relation);
    if (made.has(table) || objtype === "OBJECT_INDEX") return [];
    return cmds.flatMap((node) => ("AlterTableCmd" in node ? judgeCommand(node.AlterTableCmd, table) : []));
  }
  if ("CreateFunctionStmt" in tree) return [];
  return deletesAllOf(tree)
    .filter((name) => !made.has(name))
    .map((name) => ({ what: `removes all rows of ${name}`, instead: ROWS }));
}

function judgeCommand({ subtype, name, def }: AlterTableCmd, table: string): Found[] {
  switch (subtype) {
    case "AT_DropColumn":
      return [{ what: `drops column ${name} of ${table}`, instead: LATER }];
    case "AT_AlterColumnType":
      return [{ what: `changes the type of column ${name} of ${table}`, instead: TYPE }];
    case "AT_SetNotNull":
      return [{ what: `makes column ${name} of ${table} NOT NULL`, instead: REQUIRED }];
    case "AT_ColumnDefault":
      return def ? [] : [{ what: `drops the default of column ${name} of ${table}`, instead: REQUIRED }];
    case "AT_AddColumn":
      if (!def || !("ColumnDef" in def) || !isRequired(def.ColumnDef)) return [];
      return [
        { what: `adds column ${def.ColumnDef.colname} to ${table}, NOT NULL without a default`, instead: REQUIRED },
      ];
    case "AT_AddConstraint": {
      const constraint = def && "Constraint" in def ? def.Constraint : null;
      return [
        { what: `adds constraint ${constraint?.conname ?? ""} to ${table}`.replace("  ", " "), instead: CHECKED },
      ];
    }
    case "AT_EnableRowSecurity":
    case "AT_ForceRowSecurity":
      return [{ what: `hides rows of ${table} behind row security`, instead: CHECKED }];
    case "AT_DetachPartition":
    case "AT_DropInherit":
      return [{ what: `takes rows out of ${table}`, instead: LATER }];
    default:
      return [];
  }
}

const SERIAL = /^(small|big)?serial[248]?$/;

function isRequired({ constraints = [], typeName }: ColumnDef): boolean {
  const kinds = constraints.flatMap((node) => ("Constraint" in node ? [node.Constraint.contype] : []));
  const type = typeName?.names?.at(-1);
  const serial = type !== undefined && "String" in type && SERIAL.test(type.String.sval ?? "");
  const filled = kinds.some(
    (kind) => kind === "CONSTR_DEFAULT" || kind === "CONSTR_IDENTITY" || kind === "CONSTR_GENERATED",
  );
  return !serial && !filled && kinds.some((kind) => kind === "CONSTR_NOTNULL" || kind === "CONSTR_PRIMARY");
}

/** The tables of every DELETE without WHERE, those in a WITH included. */
function deletesAllOf(tree: unknown): string[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const inner = deletesAllOf(value);
    if (key !== "DeleteStmt" || (value as { whereClause?: unknown }).whereClause !== undefined) return inner;
    return [nameOf((value as { relation?: RangeVar }).relation), ...inner];
  });
}

/** What apps use by name; null for the rest, as indexes and triggers. */
function wordOf(type: string | undefined): string | null {
  const word = type?.replace("OBJECT_", "").toLowerCase().replaceAll("_", " ") ?? "object";
  return USED_BY_NAME.has(word) ? word : null;
}

const USED_BY_NAME: ReadonlySet<string> = new Set([
  ...["table", "column", "view", "matview", "schema", "type", "domain", "sequence", "attribute"],
  ...["function", "procedure", "routine", "aggregate", "extension", "foreign table", "server", "operator", "collation"],
]);

function nameOf(relation: RangeVar | undefined): string {
  return [relation?.schemaname, relation?.relname].filter((part) => part !== undefined).join(".");
}

function objectName(node: Node | undefined): string {
  if (node === undefined) return "?";
  if ("String" in node) return node.String.sval ?? "?";
  if ("List" in node) return (node.List.items ?? []).map(objectName).join(".");
  if ("TypeName" in node) return (node.TypeName.names ?? []).map(objectName).join(".");
  if ("ObjectWithArgs" in node) return (node.ObjectWithArgs.objname ?? []).map(objectName).join(".");
  return "?";
}
