/** The platform's timer, as logic on ports asks for it. One that is not taken back keeps its object awake until then. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
