/** Statements that would end the transaction in which a file and its row of the ledger belong together. */
import type { Statement } from "./statements.ts";

/** Of a savepoint: they stay inside. */
const INSIDE: ReadonlySet<string | undefined> = new Set([
  "TRANS_STMT_SAVEPOINT",
  "TRANS_STMT_RELEASE",
  "TRANS_STMT_ROLLBACK_TO",
]);

export function findTransactionControl(statements: readonly Statement[]): Statement | null {
  return statements.find(({ tree }) => "TransactionStmt" in tree && !INSIDE.has(tree.TransactionStmt.kind)) ?? null;
}
