/** Builds the dashboard into `dist`, which the Worker serves as static assets. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The Worker that `vite` passes API calls on to while developing. */
const WORKER_ORIGIN = "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    proxy: {
      "/v1": { target: WORKER_ORIGIN, ws: true },
      "/health": WORKER_ORIGIN,
    },
  },
  build: {
    target: "es2023",
    // Inlined assets would need `data:` in more of the content security policy than images.
    assetsInlineLimit: 0,
    // Old browsers only: the polyfill is inline script, which the policy refuses.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Libraries change seldom and the app often: kept apart, a release costs a returning browser little.
        codeSplitting: {
          groups: [
            { name: "chart", test: /node_modules\/(?:lightweight-charts|fancy-canvas)\// },
            {
              name: "react",
              test: /node_modules\/(?:react|react-dom|scheduler|wouter|regexparam)\//,
            },
            {
              name: "contract",
              test: /node_modules\/(?:zod|big\.js)\/|src\/(?:contract|domain)\//,
            },
          ],
        },
      },
    },
  },
});
