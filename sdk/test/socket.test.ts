import { afterEach, describe, expect, test, vi } from "vitest";
import { startAlgo, startFake } from "./support/start.ts";

afterEach(() => vi.unstubAllGlobals());

describe("where the key travels", () => {
  test("in a browser it goes as a subprotocol, since a page cannot set headers", async () => {
    const platform = await startFake();
    // A page is known by its document; the socket itself is real.
    vi.stubGlobal("document", {});
    await startAlgo(platform);
    expect(platform.socket.protocol?.split(/, */)).toEqual(["trunkline.v1", "bearer.tl_test"]);
    expect(platform.socket.authorization).toBeUndefined();
  });

  test("in Node it goes as a header", async () => {
    const platform = await startFake();
    await startAlgo(platform);
    expect(platform.socket.authorization).toBe("Bearer tl_test");
    expect(platform.socket.protocol).toBeUndefined();
  });

  test("without a WebSocket of the runtime, `ws` is loaded and takes the header", async () => {
    const platform = await startFake();
    vi.stubGlobal("WebSocket", undefined);
    await startAlgo(platform);
    expect(platform.socket.authorization).toBe("Bearer tl_test");
  });
});
