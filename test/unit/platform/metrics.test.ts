import { expect, test } from "vitest";
import { prometheusText } from "../../../src/platform/metrics.ts";

test("metrics are written with their help, type and labels, and what could break a line is escaped", () => {
  const help = "Ticks\\in\nall.";
  const labels = { broker: 'pa"per', rule: "a\\b\nc" };
  expect(
    prometheusText([
      {
        name: "ticks_total",
        help,
        type: "counter",
        samples: [{ labels, value: 7 }, { value: 1.5 }],
      },
    ]),
  ).toBe(
    [
      "# HELP ticks_total Ticks\\\\in\\nall.",
      "# TYPE ticks_total counter",
      'ticks_total{broker="pa\\"per",rule="a\\\\b\\nc"} 7',
      "ticks_total 1.5",
      "",
    ].join("\n"),
  );
});

test("a metric without samples is left out", () => {
  const text = prometheusText([{ name: "a", help: "b", type: "gauge", samples: [] }]);
  expect(text).not.toContain("a");
});
