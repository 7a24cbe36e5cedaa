/** `npm run build`: the dashboard's static files and the publishable SDK. */
import { main } from "./lib/failure.ts";
import { dashboardStep, runStep, sdkStep } from "./lib/steps.ts";

await main(async () => {
  for (const step of [dashboardStep, sdkStep]) await runStep(step, (line) => console.log(line));
  return 0;
});
