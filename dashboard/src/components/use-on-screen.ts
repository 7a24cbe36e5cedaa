/** True while an element is on screen or close to it. */
import { useEffect, useState, type RefObject } from "react";

const MARGIN = "200px";

export function useOnScreen(element: RefObject<Element | null>): boolean {
  const [onScreen, setOnScreen] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (node === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => setOnScreen(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: MARGIN },
    );
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return onScreen;
}
