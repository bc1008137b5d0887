/** Looks at pending files before anything touches the database: what can not be right is found here. */
import { err, ok, type Result } from "../../schema/result.ts";
import { type Finding, findDestructive } from "./destructive.ts";
import type { MigrationFailure } from "./migration-failure.ts";
import { describeRefusal, type MigrationFile, runsWithoutTransaction } from "./migration-file.ts";
import { type Statement, splitStatements } from "./statements.ts";
import { findTransactionControl } from "./transaction-control.ts";

export type ReviewedFile = {
  readonly file: MigrationFile;
  readonly path: string;
  readonly statements: readonly Statement[];
  readonly transaction: boolean;
};

export type Review = { readonly files: readonly ReviewedFile[]; readonly findings: readonly Finding[] };

export async function reviewMigrations(files: readonly MigrationFile[]): Promise<Result<Review, MigrationFailure>> {
  const reviewed: ReviewedFile[] = [];
  for (const file of files) {
    const statements = await splitStatements(file.text);
    if (!statements.ok) {
      const { line, message } = statements.failure;
      return err({ reason: "migration_failed", detail: `${file.path}:${line}: ${message}`, passing: false });
    }
    const control = findTransactionControl(statements.value);
    if (control !== null) {
      const why = "A migration must not begin or end transactions: each has one of its own. Remove the statement.";
      const detail = describeRefusal({ file: file.path, line: control.line, why });
      return err({ reason: "migration_refused", detail, passing: false });
    }
    const transaction = !runsWithoutTransaction(file.text);
    reviewed.push({ file, path: file.path, statements: statements.value, transaction });
  }
  return ok({ files: reviewed, findings: findDestructive(reviewed) });
}

/** The plan as lines of the build log. */
export function describeReview({ files, findings }: Review): string[] {
  return [
    ...files.map(({ path, transaction }) => `Pending: ${path}${transaction ? "" : " (without a transaction)"}`),
    ...findings.map(
      ({ file, line, what, instead }) =>
        `Warning: ${file}:${line} ${what}. The version that is live shares this database. ${instead}`,
    ),
  ];
}
