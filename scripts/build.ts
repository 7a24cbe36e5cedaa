/** `npm run build`: the dashboard's static files and the publishable SDK. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure, main } from "./lib/failure.ts";
import { ROOT, tool } from "./lib/paths.ts";
import { run } from "./lib/run.ts";
import { dashboardStep, runStep } from "./lib/steps.ts";

const SDK_BUILD_CONFIG = join("sdk", "tsconfig.build.json");

await main(async () => {
  await runStep(dashboardStep, (line) => console.log(line));
  if (!existsSync(join(ROOT, SDK_BUILD_CONFIG))) return 0;
  const { code, output } = await run(tool("tsc"), ["-p", SDK_BUILD_CONFIG]);
  if (code !== 0) throw new Failure(`${output}\nsdk failed: tsc -p ${SDK_BUILD_CONFIG}`);
  console.log("sdk … built");
  return 0;
});
