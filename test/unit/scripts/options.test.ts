import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOptions, PORT_DEFAULT } from "../../../scripts/start/options.ts";

const DEFAULTS = {
  port: PORT_DEFAULT,
  fresh: false,
  examples: true,
  replay: null,
  speed: 1,
  hours: null,
  help: false,
};

test("no options are the defaults", () => {
  expect(parseOptions([], {})).toEqual({ ok: true, value: DEFAULTS });
});

test.each([
  [["--port", "9000"], {}, { port: 9_000 }],
  [[], { PORT: "9001" }, { port: 9_001 }],
  [[], { PORT: "" }, {}],
  [["--port", "9000"], { PORT: "9001" }, { port: 9_000 }],
  [["--port", "1"], {}, { port: 1 }],
  [["--port", "65535"], {}, { port: 65_535 }],
  [["--fresh"], {}, { fresh: true }],
  [["--no-examples"], {}, { examples: false }],
  [["--replay", "a.csv"], {}, { replay: "a.csv" }],
  [["--replay", "a.csv", "--speed", "600"], {}, { replay: "a.csv", speed: 600 }],
  [["--replay=a.csv", "--speed=0.5"], {}, { replay: "a.csv", speed: 0.5 }],
  [["--replay", "a", "--speed", "100000"], {}, { replay: "a", speed: 100_000 }],
  [["--hours", "exchange"], {}, { hours: "exchange" }],
  [["--hours", "always"], {}, { hours: "always" }],
  [["-h"], {}, { help: true }],
])("%j with %j", (args, env, changed) => {
  expect(parseOptions(args, env)).toEqual({ ok: true, value: { ...DEFAULTS, ...changed } });
});

describe("what is wrong is told with what would be right", () => {
  test.each([
    [["--port", "0"], {}, "--port must be a whole number from 1 to 65535"],
    [["--port", "65536"], {}, "--port"],
    [["--port", "80.5"], {}, "--port"],
    [["--port", ""], {}, "--port"],
    [[], { PORT: "eighty" }, 'PORT must be a whole number from 1 to 65535, not "eighty"'],
    [["--replay"], {}, "--replay"],
    [["--replay", ""], {}, "--replay needs the path of a file"],
    [["--speed", "2"], {}, "--replay FILE"],
    [["--replay", "a", "--speed", "0"], {}, "--speed must be a number above 0"],
    [["--replay", "a", "--speed", "100001"], {}, "--speed"],
    [["--replay", "a", "--speed", "NaN"], {}, "--speed"],
    [["--hours", "night"], {}, "--hours must be always or exchange"],
    [["--colour"], {}, "--colour"],
    [["--fresh=yes"], {}, "--fresh"],
    [["now"], {}, '"now" is not an option'],
    [["a.csv"], { npm_config_replay: "true" }, "npm start -- --replay"],
    [[], { npm_config_examples: "" }, "npm took --examples"],
  ])("%j with %j", (args, env, message) => {
    const options = parseOptions(args, env);
    expect(options.ok).toBe(false);
    expect(options).toHaveProperty("error", expect.stringContaining(message));
  });
});

test("any words at all give options or one line that points to the help", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--port", "--speed", "--replay", "--fresh", "--hours", "--", "-h", "exchange"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      const options = parseOptions(args, {});
      const good = options.ok
        ? options.value.port > 0
        : options.error.includes("npm start -- --help");
      expect(good).toBe(true);
    }),
  );
});
