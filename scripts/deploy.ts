/** `npm run deploy`: builds, brings the tradebook's tables up to date and deploys the Worker. */
import { refuseOptions } from "./lib/arguments.ts";
import { Failure, main } from "./lib/failure.ts";
import { tool } from "./lib/paths.ts";
import { run } from "./lib/run.ts";
import { dashboardStep, runStep } from "./lib/steps.ts";

const show = (text: string): boolean => process.stdout.write(text);

async function wrangler(...args: string[]): Promise<void> {
  const { code } = await run(tool("wrangler"), args, { onOutput: show });
  if (code !== 0)
    throw new Failure(`wrangler ${args.join(" ")} failed; nothing after it was done.`);
}

await main(async () => {
  refuseOptions(process.argv.slice(2), "npm run deploy");
  await runStep(dashboardStep, (line) => console.log(line));
  // Tables first: the new code may need them, and the old code ignores what it does not know.
  await wrangler("d1", "migrations", "apply", "trunkline-tradebook", "--remote");
  await wrangler("deploy");
  return 0;
});
