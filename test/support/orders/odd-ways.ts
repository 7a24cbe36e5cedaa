/** What is odd about an order. */
export const ODD_WAYS = [
  "off_grid_price",
  "off_grid_quantity",
  "too_large",
  "far_price",
  "unknown_instrument",
  "unknown_algo",
  "watched_only",
  /** At the price of the other algo's orders, against them. */
  "against_the_other",
  /** Nothing: one of several in the same moment. */
  "plain",
] as const;

export type OddWay = (typeof ODD_WAYS)[number];
