/** The cache of API answers: what may be retried, and how long an answer is called fresh. */
import { QueryClient } from "@tanstack/react-query";
import type { ApiFailure } from "./client.ts";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: ApiFailure;
  }
}

/** Only reads are retried here, and only where another try can help. Orders are never sent twice. */
function mayRetry(failures: number, failure: ApiFailure): boolean {
  if (failures >= 2) return false;
  return failure.code === "NETWORK" || failure.code === "UNAVAILABLE" || failure.status >= 500;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: mayRetry,
      staleTime: 1_000,
      refetchOnWindowFocus: true,
      // A failed read must say so on the page instead of waiting silently for the network.
      networkMode: "always",
    },
    mutations: { retry: false, networkMode: "always" },
  },
});
