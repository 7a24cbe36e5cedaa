/** The mark: one line that many share. */
export function Logo({ size = 26, className }: { size?: number; className?: string | undefined }) {
  return (
    <svg className={className} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M3 16h10M13 16c6 0 5-9 16-9M13 16h16M13 16c6 0 5 9 16 9"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <circle cx="13" cy="16" r="3.4" fill="currentColor" />
    </svg>
  );
}
