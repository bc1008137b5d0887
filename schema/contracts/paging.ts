/** How every list is read: a page at a time, with an opaque cursor that only the list which gave it out takes back. */
import * as z from "zod";

const Cursor = z.string().min(1).max(500);

export const Paging = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: Cursor.optional(),
});
export type Paging = z.infer<typeof Paging>;
