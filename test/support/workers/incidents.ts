/** What people are to hear of, as it was laid down. That all providers are down is told by itself, and is left out here. */
export const incidentsOf = async (book: D1Database) =>
  (
    await book
      .prepare(
        "SELECT id, title, message FROM incidents WHERE id NOT LIKE 'feed-down-%' ORDER BY id",
      )
      .all()
  ).results;
