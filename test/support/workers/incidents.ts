/** What people are to hear of, as it was laid down. */
export const incidentsOf = async (book: D1Database) =>
  (await book.prepare("SELECT id, title, message FROM incidents ORDER BY id").all()).results;
