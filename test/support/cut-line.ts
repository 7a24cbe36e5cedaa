/** A TCP relay before a platform, to break the line where a test wants it broken: real sockets, no mock. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export interface CutLine {
  url: string;
  /** Breaks every connection there is. New ones are relayed again. */
  cut(): void;
  /** The next answer that starts like this never arrives: its connection breaks instead. */
  loseAnswer(start: string): void;
  /** How many answers were lost so far. */
  lost(): number;
  close(): Promise<void>;
}

export async function cutLineBefore(target: { url: string }): Promise<CutLine> {
  const { port } = new URL(target.url);
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let losing: string | null = null;
  let lost = 0;
  const server: Server = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    const end = (): void => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    near.on("data", (data) => far.write(data));
    far.on("data", (data) => {
      if (losing !== null && data.toString("latin1").startsWith(losing)) {
        losing = null;
        lost += 1;
        return end();
      }
      near.write(data);
    });
    for (const socket of [near, far]) {
      socket.on("error", end);
      socket.on("close", end);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: `http://127.0.0.1:${own}`,
    cut,
    loseAnswer: (start) => void (losing = start),
    lost: () => lost,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
