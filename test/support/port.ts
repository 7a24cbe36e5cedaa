/** The port a test's platform listens on: any free one, or the one that the environment names where ports are shared out. */
import { freePort } from "../../scripts/lib/port.ts";

export const testPort = async (): Promise<number> =>
  Number(process.env["TRUNKLINE_TEST_PORT"]) || (await freePort());
