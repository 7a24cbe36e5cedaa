/** What stands open in a dialog of this page, by its id in the address: a link or a notification leads to the very one. */
import { useLocation, useSearch } from "wouter";

export interface Opened {
  /** Null while nothing is open. */
  id: string | null;
  open: (id: string) => void;
  close: () => void;
}

/** `name` is the address's word for it, e.g. `letter` in `/orders/dead-letters?letter=…`. */
export function useOpened(name: string): Opened {
  const [page, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  return {
    id: search.get(name),
    open: (id) => navigate(`${page}?${new URLSearchParams({ [name]: id })}`),
    // Going back must not open it again.
    close: () => navigate(page, { replace: true }),
  };
}
