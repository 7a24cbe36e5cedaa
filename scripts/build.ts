/** `npm run build`: the dashboard's static files and the publishable SDK. */
import { refuseOptions } from "./lib/arguments.ts";
import { main } from "./lib/failure.ts";
import { dashboardStep, runStep, sdkStep } from "./lib/steps.ts";

await main(async () => {
  refuseOptions(process.argv.slice(2), "npm run build");
  for (const step of [dashboardStep, sdkStep]) await runStep(step, (line) => console.log(line));
  return 0;
});
