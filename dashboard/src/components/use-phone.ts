/** True on a narrow screen. The same bound stands in the stylesheets. */
import { useSyncExternalStore } from "react";

const narrow = window.matchMedia("(max-width: 900px)");

function subscribe(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

export const usePhone = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
