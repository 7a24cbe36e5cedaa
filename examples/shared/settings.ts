/** Which instruments an example trades: its arguments, else TRUNKLINE_INSTRUMENTS, else its own choice. */

/** Names are parted by commas or spaces. */
export function instrumentsFrom(
  args: readonly string[],
  env: Record<string, string | undefined>,
  otherwise: readonly string[],
): string[] {
  const text = args.length > 0 ? args.join(",") : (env["TRUNKLINE_INSTRUMENTS"] ?? "");
  // Symbols may hold spaces ("NSE:NIFTY 50"), so only commas part them.
  const named = text.split(",").map((name) => name.trim());
  const instruments = [...new Set(named.filter((name) => name !== ""))];
  return instruments.length > 0 ? instruments : [...otherwise];
}
