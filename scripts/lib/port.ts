/** Asks the system about TCP ports of this machine. */
import { createServer } from "node:net";

/** A port of the loopback address: 0 asks for any free one. Null when it cannot be had. */
function open(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const found = typeof address === "object" && address ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}

export const portIsFree = async (port: number): Promise<boolean> => (await open(port)) !== null;

export async function freePort(): Promise<number> {
  const port = await open(0);
  if (port === null) throw new Error("the system gives no free port");
  return port;
}
